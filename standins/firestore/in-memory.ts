import { status } from '@grpc/grpc-js';
import type { Backend, Call, Row } from './backend.ts';
import { Documents } from './documents.ts';
import { runQuery } from './query.ts';
import { RpcError } from './rpc-error.ts';
import { Transactions, type ConcurrencyMode, type TransactionTimes } from './transactions.ts';

export interface InMemoryOptions {
  /** PESSIMISTIC when left out, as Firestore makes a database. */
  concurrencyMode?: ConcurrencyMode;
  /** Firestore's own when left out. */
  transactionTimes?: Partial<TransactionTimes>;
}

/** Firestore's documents and transactions in memory, for every project and database. */
export function inMemory({ concurrencyMode, transactionTimes }: InMemoryOptions = {}): Backend {
  const documents = new Documents();
  const transactions = new Transactions(
    (name) => documents.versionOf(name),
    concurrencyMode,
    transactionTimes,
  );

  async function* batchGet({ request, signal }: Call): AsyncGenerator<Row> {
    const transaction = request.newTransaction
      ? transactions.begin(request.newTransaction)
      : request.transaction;
    if (request.newTransaction) yield { transaction };
    const names = request.documents ?? [];
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
    const find = () => runQuery(documents.all(), request.parent ?? '', request.structuredQuery ?? {});
    const asked = find();
    await transactions.reading(
      transaction,
      asked.map(({ name }) => name),
      signal,
    );
    // What was waited for may have changed the answer.
    for (const document of transaction?.length ? find() : asked)
      yield { document, readTime: documents.now() };
    yield { readTime: documents.now() };
  }

  async function* commit({ request: { transaction, writes = [] }, signal }: Call): AsyncGenerator<Row> {
    const names = writes.map(({ update, delete: deleted }) => update?.name ?? deleted ?? '');
    const commitTime = await transactions.committing(
      transaction,
      names,
      () => documents.commit(writes),
      signal,
    );
    yield { commitTime, writeResults: writes.map(() => ({ updateTime: commitTime })) };
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
    BeginTransaction: beginTransaction,
    Commit: commit,
    Rollback: rollback,
  };
  return {
    answer: (call) => {
      const method = methods[call.method];
      if (!method)
        throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the call ${call.method}.`);
      return method(call);
    },
    documents: {
      get: async (name) => documents.get(name),
      all: async () => [...documents.all()],
    },
    stop: () => {},
  };
}
