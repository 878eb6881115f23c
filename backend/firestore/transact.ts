import type { Firestore, Transaction } from '@google-cloud/firestore';
import { AppError } from '../errors/app-error.ts';

export interface TransactOptions {
  /** Aborted when nobody waits any more (`calling`). */
  signal: AbortSignal;
  /** The client's own, when left out. */
  maxAttempts?: number;
}

/**
 * A transaction that stores nothing once nobody waits for it: the client repeats one by itself, after an exceeded quota
 * for up to 90 s, when its caller was told long ago that nothing was stored.
 */
export async function transact<T>(
  db: Firestore,
  work: (transaction: Transaction) => Promise<T>,
  { signal, ...options }: TransactOptions,
): Promise<T> {
  const assertAwaited = (): void => {
    if (signal.aborted) throw new AppError('STORE_UNAVAILABLE');
  };
  return db.runTransaction(async (transaction) => {
    assertAwaited();
    const result = await work(transaction);
    // Its writes go out with the commit that follows.
    assertAwaited();
    return result;
  }, options);
}
