import type { StoredDocument, Write } from './documents.ts';
import type { StructuredQuery } from './query.ts';
import type { BeginOptions } from './transactions.ts';

/** Requests are read by the fields that Firestore's protocol gives them. */
export interface Request {
  database?: string;
  parent?: string;
  documents?: string[];
  transaction?: Buffer;
  newTransaction?: BeginOptions;
  options?: BeginOptions;
  writes?: Write[];
  structuredQuery?: StructuredQuery;
  structuredAggregationQuery?: {
    structuredQuery?: StructuredQuery;
    aggregations?: { alias?: string; count?: { upTo?: { value?: string } } }[];
  };
}

/** One message of an answer, by the fields of Firestore's protocol. */
export type Row = Record<string, unknown>;

export interface Call {
  method: string;
  request: Request;
  /** The request as it came. */
  bytes: Buffer;
  /** Aborted when the client has gone or waits no longer. */
  signal: AbortSignal;
}

/** What answers Firestore's calls behind the faults, delays and counts. */
export interface Backend {
  /** The messages of the answer; throws RpcError for a refusal. */
  answer: (call: Call) => AsyncIterable<Row>;
  documents: StoredDocuments;
  stop: () => void;
}

/** What is stored, bypassing all faults and counts. */
export interface StoredDocuments {
  get: (name: string) => Promise<StoredDocument | undefined>;
  all: () => Promise<StoredDocument[]>;
}
