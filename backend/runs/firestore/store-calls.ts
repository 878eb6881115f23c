import { calling, LONGEST_OUTAGE_MS, patiently } from '../../firestore/calling.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { transact } from '../../firestore/transact.ts';

export interface CallLimits {
  /** Time limit of one call with its retries, in milliseconds. */
  waitMs?: number;
  /** Time limit for writes of an active run, in milliseconds. */
  patienceMs?: number;
}

/** Attempts of a transaction that meets others. */
export const MOST_ATTEMPTS = 10;

/** The calls of the run store, each within its time limit. Throws as `calling` does. */
export class StoreCalls {
  readonly #db: Firestore;
  readonly #limits: CallLimits;

  constructor(db: Firestore, limits: CallLimits) {
    this.#db = db;
    this.#limits = limits;
  }

  async call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return calling(call, this.#limits.waitMs);
  }

  async inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.call((signal) => this.#transact(work, signal));
  }

  /** For writes of an active run, which survive an outage. `waitedMs`: time that it has taken already. */
  async patiently<T>(work: (transaction: Transaction) => Promise<T>, waitedMs = 0): Promise<T> {
    const { patienceMs = LONGEST_OUTAGE_MS, waitMs } = this.#limits;
    return patiently((signal) => this.#transact(work, signal), patienceMs - waitedMs, waitMs);
  }

  #transact<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    return transact(this.#db, work, { signal, maxAttempts: MOST_ATTEMPTS });
  }
}
