import type { BeginOptions } from '@lornu/standins/firestore/transactions.ts';
import type { FirestoreClient } from '@lornu/standins/firestore/client.ts';
import type { Row } from '@lornu/standins/firestore/backend.ts';
import type { StoredDocument, Write } from '@lornu/standins/firestore/documents.ts';
import type { StructuredQuery } from '@lornu/standins/firestore/query.ts';
import { RpcError } from '@lornu/standins/firestore/rpc-error.ts';
import type { Fields, Value } from '@lornu/standins/firestore/value.ts';

export const int = (value: number): Value => ({ integerValue: String(value) });
export const text = (value: string): Value => ({ stringValue: value });
export const map = (fields: Fields): Value => ({ mapValue: { fields } });
export const list = (...values: Value[]): Value => ({ arrayValue: { values } });

/** Calls over gRPC or REST. */
export type Caller = Pick<FirestoreClient, 'rows'>;

/** An empty database, called directly over the wire. */
export class ConformanceDb {
  readonly #client: Caller;
  readonly name: string;

  constructor(client: Caller, project: string) {
    this.#client = client;
    this.name = `projects/${project}/databases/staging`;
  }

  path(path: string): string {
    return `${this.name}/documents/${path}`;
  }

  /** How a call ended: OK, or the number of its gRPC status. */
  async codeOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => 'OK',
      (error: unknown) => (error instanceof RpcError ? error.code : error),
    );
  }

  async send(bytes: Buffer): Promise<Row[]> {
    return this.#client.rows('Commit', bytes);
  }

  async commit(writes: Write[], transaction?: Buffer): Promise<Row> {
    const [row] = await this.#client.rows('Commit', {
      database: this.name,
      writes,
      ...(transaction ? { transaction } : {}),
    });
    return row ?? {};
  }

  async set(path: string, fields: Fields, more: Partial<Write> = {}): Promise<Row> {
    return this.commit([{ update: { name: this.path(path), fields }, ...more }]);
  }

  async get(path: string, transaction?: Buffer): Promise<StoredDocument | undefined> {
    const [row] = await this.#client.rows('BatchGetDocuments', {
      database: this.name,
      documents: [this.path(path)],
      ...(transaction ? { transaction } : {}),
    });
    return row?.['found'] as StoredDocument | undefined;
  }

  async query(structuredQuery: StructuredQuery): Promise<StoredDocument[]> {
    const rows = await this.#client.rows('RunQuery', { parent: `${this.name}/documents`, structuredQuery });
    return rows.flatMap(({ document }) => (document ? [document as StoredDocument] : []));
  }

  /** The ids that a query of the collection `values` finds, in order. */
  async idsOf(query: StructuredQuery): Promise<string> {
    const found = await this.query({ from: [{ collectionId: 'values' }], ...query });
    return found.map(({ name }) => name.split('/').at(-1)).join(' ');
  }

  async count(collectionId: string): Promise<unknown> {
    const [row] = await this.#client.rows('RunAggregationQuery', {
      parent: `${this.name}/documents`,
      structuredAggregationQuery: {
        structuredQuery: { from: [{ collectionId }] },
        aggregations: [{ alias: 'all', count: {} }],
      },
    });
    const { aggregateFields } = row!['result'] as { aggregateFields: Fields };
    return aggregateFields['all']?.integerValue;
  }

  async begin(options: BeginOptions = { readWrite: {} }): Promise<Buffer> {
    const [row] = await this.#client.rows('BeginTransaction', { database: this.name, options });
    return row!['transaction'] as Buffer;
  }

  async rollback(transaction: Buffer): Promise<void> {
    await this.#client.rows('Rollback', { database: this.name, transaction });
  }
}
