import { status } from '@grpc/grpc-js';
import type { Backend, Call, Row } from './backend.ts';
import { Documents, type StoredDocument } from './documents.ts';
import { Indexes } from './indexes.ts';
import { assertName, assertRequestSize } from './limits.ts';
import { runQuery, type StructuredQuery } from './query.ts';
import { RpcError } from './rpc-error.ts';
import { Transactions, type ConcurrencyMode, type TransactionTimes } from './transactions.ts';

export interface InMemoryOptions {
  /** Default: PESSIMISTIC, as Firestore creates a database. */
  concurrencyMode?: ConcurrencyMode;
  /** Default: Firestore's own. */
  transactionTimes?: Partial<TransactionTimes>;
  /** Indexes whose entries count against the limits of documents and transactions. */
  indexes?: Indexes;
}

/** Firestore's documents and transactions in memory, for every project and database. */
export function inMemory({ concurrencyMode, transactionTimes, indexes }: InMemoryOptions = {}): Backend {
  const documents = new Documents(indexes ?? new Indexes());
  const transactions = new Transactions(
    (name) => documents.versionOf(name),
    concurrencyMode,
    transactionTimes,
  );

  function answerTo(parent = '', asked: StructuredQuery = {}): StoredDocument[] {
    const { collectionId, allDescendants } = asked.from?.[0] ?? {};
    const isOne = collectionId !== undefined && !allDescendants;
    return runQuery(isOne ? documents.in(`${parent}/${collectionId}`) : documents.all(), parent, asked);
  }

  async function* batchGet({ request, signal }: Call): AsyncGenerator<Row> {
    const transaction = request.newTransaction
      ? transactions.begin(request.newTransaction)
      : request.transaction;
    if (request.newTransaction) yield { transaction };
    const names = request.documents ?? [];
    for (const name of names) assertName(name, false);
    await transactions.reading(transaction, names, signal);
    for (const name of names) {
      const found = documents.get(name);
      yield { ...(found ? { found } : { missing: name }), readTime: documents.now() };
    }
  }

  async function* query({ request, signal }: Call): AsyncGenerator<Row> {
    const transaction = request.newTransaction
      ? transactions.begin(request.newTransaction)
      : request.transaction;
    if (request.newTransaction) yield { transaction, readTime: documents.now() };
    const find = () => answerTo(request.parent, request.structuredQuery);
    const asked = find();
    await transactions.reading(
      transaction,
      asked.map(({ name }) => name),
      signal,
    );
    // The transaction that was waited for may have changed the result.
    for (const document of transaction?.length ? find() : asked)
      yield { document, readTime: documents.now() };
    yield { readTime: documents.now() };
  }

  async function* commit({ request: { transaction, writes = [] }, signal }: Call): AsyncGenerator<Row> {
    const names = writes.map(({ update, delete: deleted }) => update?.name ?? deleted ?? '');
    for (const name of names) assertName(name, true);
    yield {
      ...(await transactions.committing(transaction, names, () => documents.commit(writes), signal)),
    };
  }

  async function* count({ request }: Call): AsyncGenerator<Row> {
    if (request.transaction?.length || request.newTransaction)
      throw new RpcError(status.UNIMPLEMENTED, 'The stand-in counts outside transactions only.');
    const { structuredQuery, aggregations = [] } = request.structuredAggregationQuery ?? {};
    const { length } = answerTo(request.parent, structuredQuery);
    const counts = aggregations.map(({ alias = '', count: counted }) => {
      if (!counted || counted.upTo)
        throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows the aggregation count only.');
      return [alias, { integerValue: String(length) }];
    });
    yield { result: { aggregateFields: Object.fromEntries(counts) }, readTime: documents.now() };
  }

  async function* beginTransaction({ request }: Call): AsyncGenerator<Row> {
    yield { transaction: transactions.begin(request.options) };
  }

  async function* rollback({ request }: Call): AsyncGenerator<Row> {
    transactions.rollback(request.transaction);
    yield {};
  }

  const methods: Record<string, (call: Call) => AsyncIterable<Row>> = {
    BatchGetDocuments: batchGet,
    RunQuery: query,
    RunAggregationQuery: count,
    BeginTransaction: beginTransaction,
    Commit: commit,
    Rollback: rollback,
  };
  return {
    answer: (call) => {
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
