import type { Firestore } from '../../firestore/client/firestore.ts';
import type { Timestamp } from '../../firestore/client/special-values.ts';
import type { Expired } from '../run-store.ts';
import { expiredLeases } from './heartbeats.ts';
import type { HeldLease, HeldLeases } from './held-leases.ts';
import { hasRunOut, readLease } from './lease-document.ts';
import { leasesOf } from './paths.ts';
import type { StoreCalls } from './store-calls.ts';
import { Watch } from './watch.ts';

export interface LookTimes {
  /** How often expired leases are queried while nobody waits for one, in milliseconds. Each query costs a read. */
  lookEveryMs?: number;
  /** The same while someone waits, and for cancel requests while runs are active. */
  busyLookEveryMs?: number;
}

const LOOK_EVERY_MS = 5_000;
const BUSY_LOOK_EVERY_MS = 1_000;
/** The next look after something has run out. */
const MORE_AFTER_MS = 150;

/** The part of RunStore that looks at leases: those of other processes that have expired, our own to be cancelled. */
export class LeasePolls {
  readonly #db: Firestore;
  readonly #calls: StoreCalls;
  readonly #held: HeldLeases;
  readonly #expired: Watch;
  readonly #cancelled: Watch;
  /** Runs of this process whose cancellation was noticed. */
  readonly #toCancel = new Set<string>();

  constructor(db: Firestore, calls: StoreCalls, held: HeldLeases, times: LookTimes) {
    this.#db = db;
    this.#calls = calls;
    this.#held = held;
    const { lookEveryMs = LOOK_EVERY_MS, busyLookEveryMs = BUSY_LOOK_EVERY_MS } = times;
    this.#expired = new Watch(lookEveryMs, busyLookEveryMs);
    this.#cancelled = new Watch(busyLookEveryMs, busyLookEveryMs);
  }

  /** Someone waits for an expired lease. */
  hurry(): void {
    this.#expired.hurry();
  }

  /** A request to cancel a run of this process was seen in its lease. */
  noteCancel(runId: string): void {
    this.#toCancel.add(runId);
  }

  /** This process no longer executes the run. */
  forget(runId: string): void {
    this.#toCancel.delete(runId);
  }

  /** One read if nothing has expired. */
  async expired(limit: number, except: ReadonlySet<string>, self: string): Promise<Expired> {
    const watch = this.#expired;
    // Runs that this process could not take and will retry.
    if (except.size > 0) watch.hurry();
    if (!watch.isDue()) return { leases: [], nextInMs: watch.expectedInMs };
    const byTime = leasesOf(this.#db).orderBy('until').limit(1);
    const { docs, readTime } = await this.#calls.call(() => byTime.get());
    const [oldest] = docs;
    if (!oldest) return { leases: [], nextInMs: undefined };
    const until = oldest.get('until') as Timestamp;
    if (!hasRunOut({ until }, readTime)) {
      watch.expectIn(until.toMillis() + 1 - readTime.toMillis());
      return { leases: [], nextInMs: watch.expectedInMs };
    }
    // The runs in `except` may be the oldest.
    const most = limit + except.size;
    const leases = await this.#calls.call(() => expiredLeases(this.#db, oldest, readTime, most, self));
    const others = leases.filter(({ runId }) => !except.has(runId)).slice(0, limit);
    watch.hurry();
    // A process that stops announces it with a heartbeat without leases, and hands over one run after the other.
    if (others.length > 0 || leases.length === 0) watch.expectIn(others.length < limit ? MORE_AFTER_MS : 0);
    return { leases: others, nextInMs: watch.expectedInMs };
  }

  /**
   * A request to cancel is stored in the lease, which each write of frames reads: only leases without a recent write
   * are queried.
   */
  async cancelRequests(owner: string): Promise<string[]> {
    const isUnseen = ({ isRefused, seenMsAgo }: HeldLease): boolean =>
      !isRefused && seenMsAgo >= this.#cancelled.everyMs;
    if (this.#held.values().some(isUnseen) && this.#cancelled.isDue()) {
      const asked = leasesOf(this.#db).where('owner', '==', owner).where('cancelRequested', '==', true);
      const { docs } = await this.#calls.call(() => asked.get());
      for (const { runId } of docs.flatMap((leased) => readLease(leased) ?? [])) this.#toCancel.add(runId);
    }
    return [...this.#toCancel];
  }
}
