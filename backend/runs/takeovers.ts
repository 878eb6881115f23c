import { AppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { LiveRun } from './live-run.ts';
import type { ExpiredLease, Lease, RunRecord, RunStore } from './run-store.ts';

export interface TakeoversOptions {
  store: RunStore;
  leaseMs: number;
  /** How often `look` is called at least, milliseconds. */
  lookEveryMs: number;
  /** How long a heartbeat holds the leases of its process, milliseconds. */
  holdMs: number;
  /** Called before a lease is taken. */
  beforeLease: () => Promise<void>;
  /** Identifies this process in leases. */
  owner: string;
  log: Logger;
  /** The runs that this process executes, by id. */
  active: ReadonlyMap<string, LiveRun>;
  /** Resumes a run that was taken over. Throws if it cannot: the run is then released. */
  resume: (run: RunRecord, lease: Lease) => Promise<void>;
}

/** Takeovers at the same time; the others follow. */
const TAKEN_AT_ONCE = 50;
/** Milliseconds until the next look if there are more. */
const MORE_AFTER_MS = 100;
/**
 * Polls until a run that could not be taken or resumed is retried: time for another process, and for a lock to expire.
 */
const RETRY_AFTER_LOOKS = 3;

/**
 * Takes over the runs of dead processes. Each run is independent: a failure with one delays no other, and a taken one
 * is either resumed or released.
 */
export class Takeovers {
  readonly #options: TakeoversOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  /** When a failed run may be retried, by its id; milliseconds of `performance.now`. */
  readonly #retryAt = new Map<string, number>();
  /** Runs that were taken and have no worker yet. */
  readonly #taken = new Map<string, Lease>();
  /** Leases that this process holds and cannot use: their runs have no worker here. */
  readonly #abandoned = new Set<Lease>();
  /** When the last look succeeded, by `performance.now`. */
  #lookedAt = performance.now();
  readonly #givingBack = new Set<Lease>();
  #hasWaited = false;

  constructor(options: TakeoversOptions) {
    this.#options = options;
  }

  /** Leases to renew until their runs are resumed or released. */
  get leases(): Lease[] {
    return [...this.#taken.values()];
  }

  /** Whether this process holds leases beside those of the runs that it executes. */
  get hasLeases(): boolean {
    return this.#taken.size + this.#abandoned.size > 0;
  }

  /**
   * Starts takeovers without waiting for them. Returns after how many milliseconds to look again, if that is soon: when
   * the next heartbeat runs out, or when there are more leases to take.
   */
  async look(): Promise<number | undefined> {
    const { store, leaseMs, active, holdMs, owner } = this.#options;
    for (const lease of this.#abandoned) void this.#giveBack(lease);
    if (this.#isLate()) return holdMs / 3;
    for (const [runId, at] of this.#retryAt) if (at <= performance.now()) this.#retryAt.delete(runId);
    const except = new Set([...this.#underWay.keys(), ...this.#retryAt.keys()]);
    const room = TAKEN_AT_ONCE - this.#underWay.size;
    if (room <= 0) return MORE_AFTER_MS;
    const { leases, nextInMs } = await store.expired(room, leaseMs, except, owner);
    this.#lookedAt = performance.now();
    for (const expired of leases) {
      // Runs that this process still executes are renewed: it may have been paused, or the store was unavailable.
      if (active.get(expired.runId)?.lease.token === expired.token) continue;
      this.begin(expired);
    }
    return leases.length < room ? nextInMs : MORE_AFTER_MS;
  }

  /**
   * Whether this look comes so late that heartbeats of living processes may be late too: the machine is overloaded, or
   * the store was away for everybody. They then get some time, once.
   */
  #isLate(): boolean {
    const { holdMs, lookEveryMs } = this.#options;
    const isLate = performance.now() - this.#lookedAt > Math.max(holdMs / 2, 2 * lookEveryMs);
    this.#hasWaited = isLate && !this.#hasWaited;
    return this.#hasWaited;
  }

  /** This process holds the lease and cannot continue its run: it is handed over as soon as the store answers. */
  abandon(lease: Lease): void {
    this.#abandoned.add(lease);
    void this.#giveBack(lease);
  }

  /** Starts one takeover. */
  begin(expired: ExpiredLease): void {
    const takingOver = this.#takeOver(expired).finally(() => this.#underWay.delete(expired.runId));
    this.#underWay.set(expired.runId, takingOver);
  }

  /** Resolves when no takeover is running. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Never rejects. */
  async #takeOver(expired: ExpiredLease): Promise<void> {
    const { store, owner, leaseMs, lookEveryMs, log, resume, beforeLease } = this.#options;
    const { runId } = expired;
    try {
      await beforeLease();
      const taken = await store.take(expired, owner, leaseMs);
      if (!taken) return;
      this.#taken.set(runId, taken.lease);
      try {
        await resume(taken.run, taken.lease);
      } catch (error) {
        this.#abandoned.add(taken.lease);
        this.#taken.delete(runId);
        await this.#giveBack(taken.lease);
        throw error;
      } finally {
        this.#taken.delete(runId);
      }
    } catch (error) {
      this.#retryAt.set(runId, performance.now() + RETRY_AFTER_LOOKS * lookEveryMs);
      log.warn('A run could not be taken over; it will be tried again', { runId, error });
    }
  }

  /** Never rejects. If the store does not answer, the next look tries again. */
  async #giveBack(lease: Lease): Promise<void> {
    if (this.#givingBack.has(lease)) return;
    this.#givingBack.add(lease);
    try {
      await this.#options.store.handOver(lease);
      this.#abandoned.delete(lease);
    } catch (error) {
      if (error instanceof AppError && error.code === 'LEASE_LOST') this.#abandoned.delete(lease);
    } finally {
      this.#givingBack.delete(lease);
    }
  }
}
