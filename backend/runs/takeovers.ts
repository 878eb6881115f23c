import { AppError } from '../errors/app-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { LiveRun } from './live-run.ts';
import type { Lease, RunRecord, RunStore } from './run-store.ts';

export interface TakeoversOptions {
  store: RunStore;
  leaseMs: number;
  /** How often `look` is called, milliseconds. */
  lookEveryMs: number;
  /** Names this process in leases. */
  owner: string;
  log: Logger;
  /** The runs that this process works on, by id. */
  active: ReadonlyMap<string, LiveRun>;
  /** Resumes a run that was taken over. Throws where it cannot: the run is then given back. */
  resume: (run: RunRecord, lease: Lease) => Promise<void>;
}

/** Takeovers begun by one look; the next ones follow at the next look. */
const TAKEN_AT_ONCE = 50;
/** Looks until a run that could not be taken or resumed is tried again: time for another process, and for a lock to go. */
const RETRY_AFTER_LOOKS = 3;

/**
 * Takes over the runs of processes that are gone. Each run is on its own: whatever goes wrong with one of them delays no
 * other, and one that was taken is either resumed or given back.
 */
export class Takeovers {
  readonly #options: TakeoversOptions;
  readonly #underWay = new Map<string, Promise<void>>();
  /** When a run that failed may be tried again, by its id; milliseconds of `performance.now`. */
  readonly #retryAt = new Map<string, number>();
  /** Runs that were taken and have no worker yet. */
  readonly #taken = new Map<string, Lease>();

  constructor(options: TakeoversOptions) {
    this.#options = options;
  }

  /** Leases to be renewed until their runs are resumed or given back. */
  get leases(): Lease[] {
    return [...this.#taken.values()];
  }

  /** Begins takeovers; does not wait for them. */
  async look(): Promise<void> {
    const { store, leaseMs, active } = this.#options;
    for (const [runId, at] of this.#retryAt) if (at <= performance.now()) this.#retryAt.delete(runId);
    const except = new Set([...this.#underWay.keys(), ...this.#retryAt.keys()]);
    for (const expired of await store.expired(TAKEN_AT_ONCE, leaseMs, except)) {
      // What this process still works on it renews: it may have been stopped for a while, or the store was away.
      if (active.get(expired.runId)?.lease.token === expired.token) continue;
      this.begin(expired);
    }
  }

  /** Begins one takeover. */
  begin(expired: Lease): void {
    const takingOver = this.#takeOver(expired).finally(() => this.#underWay.delete(expired.runId));
    this.#underWay.set(expired.runId, takingOver);
  }

  /** Resolves when no takeover is under way. */
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
    // Renewed no longer: where it cannot be given back, it runs out by itself.
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
