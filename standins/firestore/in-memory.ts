import { status } from '@grpc/grpc-js';
import type { Backend, Call, Request, Row } from './backend.ts';
import { Documents, type StoredDocument } from './documents.ts';
import { Indexes } from './indexes.ts';
import { assertName, assertRequestSize } from './limits.ts';
import { runQuery, type StructuredQuery } from './query.ts';
import { RpcError } from './rpc-error.ts';
import { Transactions, type ConcurrencyMode } from './transactions.ts';

export interface InMemoryOptions {
  /** Default: PESSIMISTIC, as Firestore creates a database. */
  concurrencyMode?: ConcurrencyMode;
  /** Indexes whose entries count against the limits of documents and transactions. */
  indexes?: Indexes;
}

/** Firestore's documents and transactions in memory, for every project and database. */
export function inMemory({ concurrencyMode, indexes }: InMemoryOptions = {}): Backend {
  const documents = new Documents(indexes ?? new Indexes());
  const transactions = new Transactions((name) => documents.versionOf(name), concurrencyMode);

  function answerTo(parent = '', asked: StructuredQuery = {}): StoredDocument[] {
    const { collectionId, allDescendants } = asked.from?.[0] ?? {};
    const isOne = collectionId !== undefined && !allDescendants;
    return runQuery(isOne ? documents.in(`${parent}/${collectionId}`) : documents.all(), parent, asked);
  }

  /** The transaction of a read, and the first row if the read begins it. */
  function transactionOf({ newTransaction, transaction }: Request): [Buffer | undefined, Row[]] {
    if (!newTransaction) return [transaction, []];
    const begun = transactions.begin(newTransaction);
    return [begun, [{ transaction: begun }]];
  }

  async function batchGet({ request, signal }: Call): Promise<Row[]> {
    const [transaction, rows] = transactionOf(request);
    const names = request.documents ?? [];
    for (const name of names) if (!documents.get(name)) assertName(name, false);
    await transactions.reading(transaction, names, signal);
    const readTime = documents.now();
    for (const name of names) {
      const found = documents.get(name);
      rows.push(found ? { found, readTime } : { missing: name, readTime });
    }
    return rows;
  }

  async function query({ request, signal }: Call): Promise<Row[]> {
    const [transaction, rows] = transactionOf(request);
    const find = () => answerTo(request.parent, request.structuredQuery);
    const asked = find();
    await transactions.reading(
      transaction,
      asked.map(({ name }) => name),
      signal,
    );
    // The transaction that was waited for may have changed the result.
    const readTime = documents.now();
    if (rows[0]) rows[0]['readTime'] = readTime;
    for (const document of transaction?.length ? find() : asked) rows.push({ document, readTime });
    rows.push({ readTime });
    return rows;
  }

  async function commit({ request: { transaction, writes = [] }, signal }: Call): Promise<Row[]> {
    const names = writes.map(({ update, delete: deleted }) => update?.name ?? deleted ?? '');
    for (const name of names) if (!documents.get(name)) assertName(name, true);
    return [
      { ...(await transactions.committing(transaction, names, () => documents.commit(writes), signal)) },
    ];
  }

  async function count({ request }: Call): Promise<Row[]> {
    if (request.transaction?.length || request.newTransaction)
      throw new RpcError(status.UNIMPLEMENTED, 'The stand-in counts outside transactions only.');
    const { structuredQuery, aggregations = [] } = request.structuredAggregationQuery ?? {};
    const { length } = answerTo(request.parent, structuredQuery);
    const counts = aggregations.map(({ alias = '', count: counted }) => {
      if (!counted || counted.upTo)
        throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows the aggregation count only.');
      return [alias, { integerValue: String(length) }];
    });
    return [{ result: { aggregateFields: Object.fromEntries(counts) }, readTime: documents.now() }];
  }

  async function beginTransaction({ request }: Call): Promise<Row[]> {
    return [{ transaction: transactions.begin(request.options) }];
  }

  async function rollback({ request }: Call): Promise<Row[]> {
    transactions.rollback(request.transaction);
    return [{}];
  }

  const methods: Record<string, (call: Call) => Promise<Row[]>> = {
    BatchGetDocuments: batchGet,
    RunQuery: query,
    RunAggregationQuery: count,
    BeginTransaction: beginTransaction,
    Commit: commit,
    Rollback: rollback,
  };
  return {
    answer: async (call) => {
      const method = methods[call.method];
      if (!method)
        throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the call ${call.method}.`);
      assertRequestSize(call.bytes.length);
      return method(call);
    },
    documents: {
      get: async (name) => documents.get(name),
      all: async () => [...documents.all()],
    },
    stop: () => {},
  };
}
