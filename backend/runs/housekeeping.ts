import type { Logger } from '../observability/logger.ts';
import type { LiveRun } from './live-run.ts';
import type { RunLimits } from './run-parts.ts';
import type { Lease, RunRecord, RunStore } from './run-store.ts';

export interface HousekeepingOptions {
  store: RunStore;
  limits: RunLimits;
  owner: string;
  log: Logger;
  now: () => number;
  /** The runs that this process carries, by id. */
  active: ReadonlyMap<string, LiveRun>;
  takeOver: (run: RunRecord, lease: Lease) => Promise<void>;
}

const PRUNE_EVERY_MS = 60_000;
/** Takeovers begun at once; the next ones follow at the next look. */
const TAKEN_AT_ONCE = 20;

/** What a process does beside its turns: renew leases, look for runs to stop or to take over, delete old ones. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #takesOver = true;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    const { limits } = options;
    this.#every(limits.renewEveryMs, 'leases could not be renewed', () => this.#renew());
    this.#every(limits.cancelEveryMs, 'requests to cancel could not be read', () => this.#cancel());
    this.#every(limits.takeOverEveryMs, 'runs could not be taken over', () => this.#takeOver());
    this.#every(PRUNE_EVERY_MS, 'old runs could not be deleted', () => this.#prune());
  }

  stopTakingOver(): void {
    this.#takesOver = false;
  }

  /** Resolves when what is under way has come to its end. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#underWay);
  }

  /** One at a time, however long it takes. */
  #every(ms: number, complaint: string, work: () => Promise<void>): void {
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      const working = work()
        .catch((error: unknown) => this.#options.log.warn(complaint, { error }))
        .finally(() => {
          isBusy = false;
          this.#underWay.delete(working);
        });
      this.#underWay.add(working);
    }, ms);
    // A process that has nothing else to do may end.
    timer.unref();
    this.#timers.push(timer);
  }

  async #renew(): Promise<void> {
    const { store, owner, active, limits } = this.#options;
    const before = [...active.values()];
    if (before.length === 0) return;
    const held = await store.renew(owner, limits.leaseMs);
    for (const run of before) if (!held.has(run.id)) run.stop('lease-lost');
  }

  async #cancel(): Promise<void> {
    const { store, owner, active } = this.#options;
    if (active.size === 0) return;
    for (const runId of await store.cancelRequests(owner)) active.get(runId)?.stop('cancelled');
  }

  async #takeOver(): Promise<void> {
    const { store, owner, limits, takeOver } = this.#options;
    if (!this.#takesOver) return;
    const taken = await store.takeExpired(owner, limits.leaseMs, TAKEN_AT_ONCE);
    await Promise.all(taken.map(({ run, lease }) => takeOver(run, lease)));
  }

  async #prune(): Promise<void> {
    const { store, now, limits } = this.#options;
    await store.prune(now() - limits.keepMs);
  }
}
