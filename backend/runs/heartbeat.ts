import type { Logger } from '../observability/logger.ts';
import type { RunStore } from './run-store.ts';

export interface HeartbeatOptions {
  store: Pick<RunStore, 'beat' | 'stopBeating'>;
  /** Identifies this process in leases. */
  owner: string;
  everyMs: number;
  /** How long one heartbeat holds this process's leases, at least. */
  holdMs: number;
  log: Logger;
  /** Whether this process holds leases. */
  isNeeded: () => boolean;
  /** Called when the store's clock says that the previous heartbeat had run out: others may have taken runs. */
  onLapse: () => void;
}

/** Number of recent intervals between heartbeats that count. */
const RECENT = 10;
/** A heartbeat that was not stored is repeated after this share of the time between two. */
const REPEATED_AFTER = 1 / 4;
/** No heartbeat holds longer than this many times `holdMs`. */
const LONGEST_HOLD = 5;

/**
 * Tells the other processes that this one is alive, for all its runs at once, and only while it has runs. On a loaded
 * machine heartbeats are late; each then holds for longer, so that nobody takes the runs of a process that lives.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  /** The call to the store that is under way. */
  #working: Promise<void> | undefined;
  /** The same, if it deletes the heartbeat. */
  #resting: Promise<void> | undefined;
  /** When the last stored heartbeat began and was answered, by `performance.now`; undefined while none is stored. */
  #stored: { beganAt: number; answeredAt: number } | undefined;
  /** When the first one was tried, while none is stored. */
  #triedAt: number | undefined;
  #intervals: number[] = [];
  #repeat: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.everyMs);
    // Do not keep an otherwise idle process alive.
    this.#timer.unref();
  }

  /**
   * Call this before taking a lease. It waits only if the last heartbeat may have run out, because other processes
   * could take such a lease at once, or if the first one is not stored for so long: a process takes no more turns than
   * it can hold. Without a stored heartbeat a lease holds by its own time, so one that is being deleted is stored again:
   * otherwise, if this process is killed in the next second, nobody takes the lease for a minute.
   */
  async beforeLease(): Promise<void> {
    await this.#resting;
    const since = this.#stored?.beganAt ?? this.#triedAt;
    if (since !== undefined && performance.now() - since > this.#options.holdMs / 2) await this.#beat();
    else if (!this.#stored) void this.#beat();
  }

  /**
   * Milliseconds that the next heartbeat holds the leases of this process: longer by how late recent ones were, or it is
   * itself.
   */
  get holdMs(): number {
    const { holdMs, everyMs } = this.#options;
    const now = performance.now();
    const waitedMs = now - (this.#stored?.answeredAt ?? this.#triedAt ?? now);
    const latestMs = Math.max(...this.#intervals, waitedMs) - everyMs;
    return Math.min(LONGEST_HOLD * holdMs, holdMs + Math.max(0, latestMs));
  }

  /** Deletes the heartbeat. A process that still holds leases lets it run out instead, so that others take them. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    clearTimeout(this.#repeat);
    if (this.#stored && !this.#options.isNeeded()) await this.#rest();
  }

  #tick(): void {
    if (this.#options.isNeeded()) void this.#beat();
    else if (this.#stored) void this.#rest();
    else this.#triedAt = undefined;
  }

  /** Never rejects. */
  #beat(): Promise<void> {
    return (this.#working ??= this.#store().finally(() => (this.#working = undefined)));
  }

  #rest(): Promise<void> {
    if (this.#working) return this.#working;
    this.#resting = this.#delete().finally(() => (this.#working = this.#resting = undefined));
    return (this.#working = this.#resting);
  }

  async #store(): Promise<void> {
    const { store, owner, everyMs, log, onLapse } = this.#options;
    const before = this.#stored;
    const beganAt = performance.now();
    if (!before) this.#triedAt ??= beganAt;
    try {
      const wasFresh = await store.beat(owner, this.holdMs);
      const answeredAt = performance.now();
      if (before) this.#intervals = [...this.#intervals, answeredAt - before.answeredAt].slice(-RECENT);
      this.#stored = { beganAt, answeredAt };
      this.#triedAt = undefined;
      if (before && !wasFresh) onLapse();
    } catch (error) {
      log.warn('A heartbeat could not be stored', { error });
      clearTimeout(this.#repeat);
      this.#repeat = setTimeout(() => this.#tick(), everyMs * REPEATED_AFTER);
      this.#repeat.unref();
    }
  }

  async #delete(): Promise<void> {
    const { store, owner, log } = this.#options;
    try {
      await store.stopBeating(owner);
      this.#stored = undefined;
    } catch (error) {
      log.warn('The heartbeat of an idle process could not be deleted; it runs out', { error });
    }
  }
}
