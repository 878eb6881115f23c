import { AppError } from '../../errors/app-error.ts';
import { calling } from '../../firestore/calling.ts';
import type { DocumentReference } from '../../firestore/client/references.ts';
import type { Timestamp } from '../../firestore/client/special-values.ts';
import { WriteBatch } from '../../firestore/client/transaction.ts';
import { later } from './lease-document.ts';

/** How to store a lease that is not stored yet. */
export interface Beginning {
  /** Adds the new lease and its run to a commit, which is refused if the session has a lease by now. */
  write: (batch: WriteBatch) => void;
  /** Stores them in a transaction. Returns the lease's time. */
  alone: () => Promise<Timestamp | undefined>;
}

interface HeldLeaseOptions {
  token: number;
  document: DocumentReference;
  /** Time limit of one call, in milliseconds. */
  waitMs: number | undefined;
}

export interface Given {
  writtenAt?: Timestamp | undefined;
  hasQueue?: boolean;
  beginning?: Beginning;
}

/** What this process knows of a lease's document, and the time of the write since which it holds. */
interface Known {
  writtenAt: Timestamp;
  /** Whether messages may be queued. Then ending the run requires a read, because the next message gets the lease. */
  hasQueue: boolean;
}

/** The leases of this process, by token. */
export class HeldLeases extends Map<number, HeldLease> {
  /** Adds a lease that was stored at `writtenAt`, or that `beginning` will store. */
  hold(options: HeldLeaseOptions, { writtenAt, hasQueue = false, beginning }: Given): HeldLease {
    const held = new HeldLease(options, beginning);
    held.note(writtenAt, hasQueue);
    this.set(options.token, held);
    return held;
  }
}

/**
 * A lease of this process, as it wrote or read it last. With that, a write under the lease takes one call instead of
 * two: Firestore refuses it if anybody has written to the lease since. The writes of a lease follow one another, as
 * each knows only what the one before it has stored.
 */
export class HeldLease {
  /** Whether a process has stored frames under this lease. */
  hasFrames = false;
  readonly #options: HeldLeaseOptions;
  #beginning: Beginning | undefined;
  #isStoring = false;
  #refusal: { error: unknown } | undefined;
  /** Undefined if it has to be read. */
  #known: Known | undefined;
  #clock: { time: Timestamp; at: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HeldLeaseOptions, beginning: Beginning | undefined) {
    this.#options = options;
    this.#beginning = beginning;
  }

  /** Whether it is not stored yet. */
  get isBeginning(): boolean {
    return this.#beginning !== undefined || this.#isStoring;
  }

  /** Whether it was refused as it began. The commit may still be stored late: nothing may be written under it. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** Firestore's time now, estimated from its last answer; undefined if there was none. */
  get serverTime(): Timestamp | undefined {
    return this.#clock && later(this.#clock.time, performance.now() - this.#clock.at);
  }

  /** Milliseconds since Firestore last answered about the lease; infinite if it never has. */
  get seenMsAgo(): number {
    return performance.now() - (this.#clock?.at ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * The lease's document, which has our token, was last written at this time, and had a queue then or not. It may have
   * been written since: the response may be late. Then the next write is refused, and the lease is read.
   */
  note(writtenAt: Timestamp | undefined, hasQueue: boolean): void {
    this.#known = writtenAt && { writtenAt, hasQueue };
    if (writtenAt) this.#readClock(writtenAt);
  }

  /**
   * Resolves when the lease is stored: with the first write under it, or alone if there is no write by the next turn
   * of the event loop. Throws the reason of a refusal.
   */
  async begun(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    await this.#inOrder(() => this.#begin());
  }

  /** `work` after the earlier writes, once the lease is stored. Throws LEASE_LOST if it was refused. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#inOrder(async () => {
      await this.#assertBegun();
      return work();
    });
  }

  /**
   * Stores what `add` adds in one call, on the condition that the lease is as this process knows it; with `isLast` the
   * lease is deleted. The lease is written without a change, which costs more than to read it. Undefined if Firestore
   * refuses, or does not answer, or the lease is not known: it has to be read. Throws LEASE_LOST if it was never given.
   */
  async commit(add: (batch: WriteBatch) => void, { isLast = false } = {}): Promise<WriteBatch | undefined> {
    return this.#inOrder(async () => {
      const batch = isLast && this.#beginning ? undefined : this.#batchOf(add, isLast);
      if (batch && (await this.#isStored(batch))) return batch;
      await this.#assertBegun();
      return undefined;
    });
  }

  /** Undefined if the lease is not known, or values cannot be stored: the transaction that follows says why. */
  #batchOf(add: (batch: WriteBatch) => void, isLast: boolean): WriteBatch | undefined {
    const { document, token } = this.#options;
    const batch = new WriteBatch(document.database);
    try {
      add(batch);
    } catch {
      return undefined;
    }
    if (this.#beginning) {
      this.#beginning.write(batch);
      return batch;
    }
    if (!this.#known || (isLast && this.#known.hasQueue)) return undefined;
    const { writtenAt: lastUpdateTime } = this.#known;
    if (isLast) batch.delete(document, { lastUpdateTime });
    else batch.update(document, { fence: token }, { lastUpdateTime });
    return batch;
  }

  async #isStored(batch: WriteBatch): Promise<boolean> {
    // Read now: if the batch is stored, the lease had not changed until then, but a renewal may note another value
    // meanwhile.
    const hasQueue = this.#known?.hasQueue ?? false;
    this.#known = undefined;
    try {
      await calling(() => batch.commit(), this.#options.waitMs);
    } catch {
      return false;
    }
    this.#beginning = undefined;
    const writtenAt = batch.timeOf(this.#options.document);
    this.#known = writtenAt && { writtenAt, hasQueue };
    if (batch.newest) this.#readClock(batch.newest);
    return true;
  }

  async #begin(): Promise<void> {
    if (this.#refusal) throw this.#refusal.error;
    const beginning = this.#beginning;
    this.#beginning = undefined;
    if (!beginning) return;
    this.#isStoring = true;
    try {
      this.note(await beginning.alone(), false);
    } catch (error) {
      this.#refusal = { error };
      throw error;
    } finally {
      this.#isStoring = false;
    }
  }

  async #assertBegun(): Promise<void> {
    await this.#begin().catch((cause: unknown) => {
      throw new AppError('LEASE_LOST', undefined, { cause });
    });
  }

  #readClock(time: Timestamp): void {
    this.#clock = { time, at: performance.now() };
  }

  async #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
