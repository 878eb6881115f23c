import type { StoredDocument, Write } from './documents.ts';
import type { StructuredQuery } from './query.ts';
import type { BeginOptions } from './transactions.ts';

/** The fields of Firestore's protocol that are read. */
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

/** One message of a response, with the fields of Firestore's protocol. */
export type Row = Record<string, unknown>;

export interface Call {
  method: string;
  request: Request;
  /** The raw request. */
  bytes: Buffer;
  /** Aborted when the client disconnects or stops waiting. */
  signal: AbortSignal;
}

/** Answers Firestore's calls; the server adds faults, delays and counts in front of it. */
export interface Backend {
  /** The messages of the response; throws RpcError to refuse. */
  answer: (call: Call) => Promise<Row[]>;
  documents: StoredDocuments;
  stop: () => void;
}

/** The stored documents, bypassing all faults and counts. */
export interface StoredDocuments {
  get: (name: string) => Promise<StoredDocument | undefined>;
  all: () => Promise<StoredDocument[]>;
}
