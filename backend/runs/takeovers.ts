import { AppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { LiveRun } from './live-run.ts';
import type { Lease, RunRecord, RunStore } from './run-store.ts';

export interface TakeoversOptions {
  store: RunStore;
  leaseMs: number;
  /** How often `look` is called, milliseconds. */
  lookEveryMs: number;
  /** Identifies this process in leases. */
  owner: string;
  log: Logger;
  /** The runs that this process executes, by id. */
  active: ReadonlyMap<string, LiveRun>;
  /** Resumes a run that was taken over. Throws if it cannot: the run is then released. */
  resume: (run: RunRecord, lease: Lease) => Promise<void>;
}

/** Takeovers started per poll; the others follow at the next one. */
const TAKEN_AT_ONCE = 50;
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

  constructor(options: TakeoversOptions) {
    this.#options = options;
  }

  /** Leases to renew until their runs are resumed or released. */
  get leases(): Lease[] {
    return [...this.#taken.values()];
  }

  /** Starts takeovers without waiting for them. */
  async look(): Promise<void> {
    const { store, leaseMs, active } = this.#options;
    for (const [runId, at] of this.#retryAt) if (at <= performance.now()) this.#retryAt.delete(runId);
    const except = new Set([...this.#underWay.keys(), ...this.#retryAt.keys()]);
    for (const expired of await store.expired(TAKEN_AT_ONCE, leaseMs, except)) {
      // Runs that this process still executes are renewed: it may have been paused, or the store was unavailable.
      if (active.get(expired.runId)?.lease.token === expired.token) continue;
      this.begin(expired);
    }
  }

  /** Starts one takeover. */
  begin(expired: Lease): void {
    const takingOver = this.#takeOver(expired).finally(() => this.#underWay.delete(expired.runId));
    this.#underWay.set(expired.runId, takingOver);
  }

  /** Resolves when no takeover is running. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  /** Never rejects. */
  async #takeOver(expired: Lease): Promise<void> {
    const { store, owner, leaseMs, lookEveryMs, log, resume } = this.#options;
    const { runId } = expired;
    try {
      const taken = await store.take(expired, owner, leaseMs);
      if (!taken) return;
      this.#taken.set(runId, taken.lease);
      try {
        await resume(taken.run, taken.lease);
      } catch (error) {
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

  async #giveBack(lease: Lease): Promise<void> {
    // Not renewed any more: if it cannot be released, it expires by itself.
    this.#taken.delete(lease.runId);
    await this.#options.store.handOver(lease).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'LEASE_LOST') return;
      this.#options.log.warn('A run could not be given back; its lease runs out', {
        runId: lease.runId,
        error,
      });
    });
  }
}
