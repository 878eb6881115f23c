import type { Logger } from '../observability/logger.ts';
import { SHARE_EVERY_MS, type Budgets } from './budgets.ts';
import { Heartbeat } from './heartbeat.ts';
import type { LiveRun } from './live-run.ts';
import type { RunLimits } from './run-options.ts';
import type { Lease, RunProgress, RunStore } from './run-store.ts';
import type { Takeovers } from './takeovers.ts';

export interface HousekeepingOptions {
  store: RunStore;
  limits: RunLimits;
  owner: string;
  log: Logger;
  now: () => number;
  /** The runs that this process executes, by id. */
  active: ReadonlyMap<string, LiveRun>;
  takeovers: Takeovers;
  budgets: Budgets | undefined;
}

const PRUNE_EVERY_MS = 60_000;
const ANNOUNCE_EVERY_MS = 500;
/** The other processes look again when it has run out. */
const ANNOUNCED_FOR_MS = 250;

/** A process's background work: heartbeats, leases, runs to cancel or take over, old runs to delete. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** Tokens of the leases that are being renewed: a slow renewal is not started twice. */
  readonly #renewing = new Set<number>();
  readonly #heartbeat: Heartbeat;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #takesOver = true;
  #hasAnnounced = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    const { limits, store, owner, log } = options;
    this.#heartbeat = new Heartbeat({
      store,
      owner,
      everyMs: limits.beatEveryMs,
      holdMs: limits.holdMs,
      log,
      isNeeded: () => options.active.size > 0 || options.takeovers.hasLeases,
      onLapse: () => this.#renewAll(),
    });
    this.#every(limits.renewEveryMs, 'leases could not be renewed', async () => this.#renewAll());
    this.#every(limits.cancelEveryMs, 'requests to cancel could not be read', () => this.#cancel());
    const look = this.#every(limits.takeOverEveryMs, 'runs could not be taken over', async () => {
      const againInMs = await this.#takeOver();
      clearTimeout(this.#soon);
      if (againInMs === undefined || againInMs >= limits.takeOverEveryMs) return;
      this.#soon = setTimeout(look, againInMs);
      this.#soon.unref();
    });
    const { budgets } = options;
    if (budgets) this.#every(SHARE_EVERY_MS, 'what was spent could not be stored', () => budgets.share());
    this.#every(PRUNE_EVERY_MS, 'old runs could not be deleted', () => this.#prune());
  }

  /** Call this before a lease is taken (Heartbeat). */
  beforeLease(): Promise<void> {
    return this.#heartbeat.beforeLease();
  }

  stopTakingOver(): void {
    this.#takesOver = false;
  }

  /**
   * Makes the other processes look for expired leases several times a second, until `stop`. They look again soon when a
   * heartbeat has run out, so this process stores a second one that holds no lease and runs out at once.
   */
  announceHandOver(): void {
    const { store } = this.#options;
    this.#hasAnnounced = true;
    this.#every(ANNOUNCE_EVERY_MS, 'a hand-over could not be announced', async () => {
      await store.beat(this.#announcement, ANNOUNCED_FOR_MS);
    });
  }

  get #announcement(): string {
    return `${this.#options.owner}-hands-over`;
  }

  /** Resolves when the running work has ended. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#underWay, this.#options.takeovers.settled()]);
    clearTimeout(this.#soon);
    await this.#heartbeat.stop();
    if (this.#hasAnnounced) await this.#options.store.stopBeating(this.#announcement).catch(() => undefined);
  }

  /**
   * Does `work` every `ms` milliseconds, unless the previous one is still running. Returns a function that does it
   * now.
   */
  #every(ms: number, complaint: string, work: () => Promise<void>): () => void {
    let isBusy = false;
    const start = (): void => {
      if (isBusy) return;
      isBusy = true;
      const working = work()
        .catch((error: unknown) => this.#options.log.warn(complaint, { error }))
        .finally(() => {
          isBusy = false;
          this.#underWay.delete(working);
        });
      this.#underWay.add(working);
    };
    const timer = setInterval(start, ms);
    // Do not keep an otherwise idle process alive.
    timer.unref();
    this.#timers.push(timer);
    return start;
  }

  /** Starts a renewal of each lease without waiting, as a slow one would delay the next round of all others. */
  #renewAll(): void {
    const { active, takeovers, now } = this.#options;
    for (const run of active.values()) void this.#renew(run.lease, run.progress(now()));
    for (const lease of takeovers.leases) void this.#renew(lease);
  }

  /** Never rejects: a lease that could not be renewed may still be ours, and the next write will tell. */
  async #renew(lease: Lease, progress?: RunProgress): Promise<void> {
    const { store, active, limits, log } = this.#options;
    const { runId, token } = lease;
    if (this.#renewing.has(token)) return;
    this.#renewing.add(token);
    try {
      if (await store.renew(lease, limits.leaseMs, progress)) return;
      const run = active.get(runId);
      // A run that returned to this process meanwhile has another lease.
      if (run?.lease.token === token) run.stop('lease-lost');
    } catch (error) {
      log.warn('A lease could not be renewed', { runId, error });
    } finally {
      this.#renewing.delete(token);
    }
  }

  async #cancel(): Promise<void> {
    const { store, owner, active } = this.#options;
    if (active.size === 0) return;
    for (const runId of await store.cancelRequests(owner)) active.get(runId)?.stop('cancelled');
  }

  async #takeOver(): Promise<number | undefined> {
    return this.#takesOver ? this.#options.takeovers.look() : undefined;
  }

  async #prune(): Promise<void> {
    const { store, now, limits } = this.#options;
    await store.prune(now() - limits.keepMs);
  }
}
