import { status } from '@grpc/grpc-js';
import { Deadlock, Locks, type LockOwner } from './locks.ts';
import { RpcError } from './rpc-error.ts';

/** How a database isolates transactions: `concurrency_mode` of google_firestore_database. */
export type ConcurrencyMode = 'PESSIMISTIC' | 'OPTIMISTIC';

/**
 * Times after which an abandoned transaction ends by itself:
 * https://cloud.google.com/firestore/quotas#writes_and_transactions
 */
export interface TransactionTimes {
  /** Without a request, in milliseconds. */
  idleMs: number;
  /** In total, in milliseconds. */
  lifetimeMs: number;
}

const TIMES: TransactionTimes = { idleMs: 60_000, lifetimeMs: 270_000 };

export interface BeginOptions {
  readOnly?: object;
  readWrite?: { retryTransaction?: Buffer };
}

interface Transaction extends LockOwner {
  /** Names read, with their versions at that time, which an optimistic commit compares. */
  read: Map<string, number>;
  beganAt: number;
  /** When its last request ended. */
  usedAt: number;
  /** Number of current requests: a transaction that waits for a lock is not idle. */
  busy: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The transactions of a database. Pessimistic ones lock what they read until they end; optimistic ones compare versions
 * at commit.
 */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #locks = new Locks();
  readonly #times: TransactionTimes;
  readonly #mode: ConcurrencyMode;
  readonly #versionOf: (name: string) => number;
  #last = 0;

  constructor(
    versionOf: (name: string) => number,
    mode: ConcurrencyMode = 'PESSIMISTIC',
    times: Partial<TransactionTimes> = {},
  ) {
    this.#versionOf = versionOf;
    this.#mode = mode;
    this.#times = { ...TIMES, ...times };
  }

  begin({ readOnly, readWrite }: BeginOptions = {}): Buffer {
    if (readOnly)
      throw new RpcError(status.UNIMPLEMENTED, 'The stand-in keeps no older versions for reading alone.');
    const number = ++this.#last;
    // A retry keeps the age of its first attempt, which is part of the id.
    const retried = /^t\d+-(\d+)$/.exec(readWrite?.retryTransaction?.toString() ?? '')?.[1];
    const age = Number(retried ?? number);
    const id = Buffer.from(`t${number}-${age}`);
    const now = performance.now();
    const transaction: Transaction = {
      age,
      read: new Map(),
      beganAt: now,
      usedAt: now,
      busy: 0,
      timer: undefined,
    };
    this.#open.set(String(id), transaction);
    this.#expireLater(id, transaction);
    return id;
  }

  /**
   * Call it before documents are read in a transaction: waits for a transaction that is about to write them. Returns at
   * once without a transaction.
   */
  async reading(id: Buffer | undefined, names: readonly string[], signal?: AbortSignal): Promise<void> {
    if (!id?.length) return;
    const transaction = this.#get(id);
    await this.#during(id, transaction, async () => {
      if (this.#mode === 'PESSIMISTIC') await this.#lock(transaction, names, 'shared', signal);
      for (const name of names)
        if (!transaction.read.has(name)) transaction.read.set(name, this.#versionOf(name));
    });
  }

  /** Calls `write` once no other transaction's lock blocks it, with or without a transaction, which then ends. */
  async committing<T>(
    id: Buffer | undefined,
    names: readonly string[],
    write: () => T,
    signal?: AbortSignal,
  ): Promise<T> {
    if (!id?.length) {
      const plain = { age: ++this.#last };
      return this.#writing(plain, names, write, signal);
    }
    const transaction = this.#get(id);
    const checked = (): T => {
      const isChanged = [...transaction.read].some(([name, version]) => this.#versionOf(name) !== version);
      if (isChanged) throw contention();
      return write();
    };
    transaction.busy++;
    try {
      return await this.#writing(transaction, names, checked, signal);
    } finally {
      this.#end(id, transaction);
    }
  }

  rollback(id: Buffer | undefined): void {
    const transaction = this.#open.get(String(id));
    if (id && transaction) this.#end(id, transaction);
  }

  async #writing<T>(
    owner: LockOwner,
    names: readonly string[],
    write: () => T,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (this.#mode === 'OPTIMISTIC') return write();
    try {
      await this.#lock(owner, [...new Set(names)], 'exclusive', signal);
      return write();
    } finally {
      this.#locks.release(owner);
    }
  }

  async #lock(
    owner: LockOwner,
    names: readonly string[],
    mode: 'shared' | 'exclusive',
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      await this.#locks.acquire(owner, names, mode, signal);
    } catch (error) {
      throw error instanceof Deadlock ? contention() : error;
    }
  }

  async #during(id: Buffer, transaction: Transaction, work: () => Promise<void>): Promise<void> {
    transaction.busy++;
    try {
      await work();
    } catch (error) {
      if (error instanceof RpcError) this.#end(id, transaction);
      throw error;
    } finally {
      transaction.busy--;
      transaction.usedAt = performance.now();
    }
  }

  #get(id: Buffer): Transaction {
    const transaction = this.#open.get(String(id));
    if (!transaction)
      throw new RpcError(
        status.INVALID_ARGUMENT,
        'The referenced transaction has expired or is no longer valid.',
      );
    return transaction;
  }

  /** Ends it when it has been idle for too long, or has lasted too long. */
  #expireLater(id: Buffer, transaction: Transaction): void {
    const { idleMs, lifetimeMs } = this.#times;
    const { beganAt, usedAt, busy } = transaction;
    const now = performance.now();
    const idleUntil = busy > 0 ? now + idleMs : usedAt + idleMs;
    const leftMs = Math.min(idleUntil, beganAt + lifetimeMs) - now;
    if (leftMs <= 0) {
      this.#end(id, transaction);
      return;
    }
    transaction.timer = setTimeout(() => this.#expireLater(id, transaction), leftMs);
    transaction.timer.unref();
  }

  #end(id: Buffer, transaction: Transaction): void {
    clearTimeout(transaction.timer);
    this.#open.delete(String(id));
    this.#locks.release(transaction, contention());
  }
}

const contention = (): RpcError =>
  new RpcError(status.ABORTED, 'Too much contention on these documents. Please try again.');
