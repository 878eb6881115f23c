import type { Firestore } from './client/firestore.ts';
import type { Transaction } from './client/transaction.ts';
import { AppError } from '../errors/app-error.ts';
import { nameTransaction } from './trace-call.ts';

export interface TransactOptions {
  /** Aborted when the caller has stopped waiting (see `calling`). */
  signal: AbortSignal;
  /** Default: the client's own. */
  maxAttempts?: number;
}

/**
 * A transaction that stores nothing after its caller has stopped waiting. The client retries by itself, when the caller
 * may already have been told that nothing was stored.
 */
export async function transact<T>(
  db: Firestore,
  work: (transaction: Transaction) => Promise<T>,
  { signal, ...options }: TransactOptions,
): Promise<T> {
  const assertAwaited = (): void => {
    if (signal.aborted) throw new AppError('STORE_UNAVAILABLE');
  };
  nameTransaction();
  return db.runTransaction(async (transaction) => {
    assertAwaited();
    const result = await work(transaction);
    // Its writes are sent with the commit that follows.
    assertAwaited();
    return result;
  }, options);
}
