import type { Logger } from '../../observability/logger.ts';

/** Counters that all processes share: the day's spending, and what callers did. */
export interface SharedSums {
  /**
   * Adds amounts to counters of a period and returns their sums. The period is a day (YYYY-MM-DD) or the ISO time at
   * which a shorter one begins. Amounts are whole numbers; 0 only reads. If it throws, either nothing or everything was added.
   */
  add(period: string, amounts: ReadonlyMap<string, number>): Promise<Map<string, number>>;
}

export interface SharedCountsOptions {
  store: SharedSums;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How often counts are exchanged, in milliseconds. */
export const EXCHANGE_EVERY_MS = 10_000;
/** A process shares a count from this share of its limit on: most callers cost no reads and no writes. */
const SHARED_FROM = 1 / 10;

interface Count {
  /** The store's name of the period: an ISO time, shortened. */
  period: string;
  endsMs: number;
  limit: number;
  /** Counted by this process: so far, and as far as the store knows. */
  own: number;
  reported: number;
  /** Counted by the other processes, when we last asked. */
  others: number;
}

/**
 * Lets processes without a common disk count together, approximately. A process adds what it has counted to sums in the
 * store every ten seconds, if that is at least a tenth of the limit. So a caller can exceed a limit by what it does in
 * ten seconds, and by a tenth of the limit for each further process. While the store does not answer, each process
 * counts on its own.
 */
export class SharedCounts {
  readonly #options: SharedCountsOptions;
  /** Sums of a period, such as requests of a minute, by name. */
  readonly #sums = new Map<string, Count>();
  /** Things that are open at the moment, such as turns, by name. Each exchange has a period of its own. */
  readonly #open = new Map<string, Count>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: SharedCountsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.exchange(), EXCHANGE_EVERY_MS);
    // Do not keep an otherwise idle process alive.
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Notes what this process has counted in the period of `lengthMs`; returns what the others have. */
  sum(name: string, own: number, limit: number, lengthMs: number): number {
    const period = periodOf(this.#options.now(), lengthMs);
    const known = this.#sums.get(name);
    if (known?.period === period.period) return Object.assign(known, { own, limit }).others;
    this.#sums.set(name, { ...period, own, limit, reported: 0, others: 0 });
    return 0;
  }

  /** Notes how many are open in this process; returns how many the others had open at the last exchange. */
  open(name: string, own: number, limit: number): number {
    const known = this.#open.get(name) ?? { period: '', endsMs: 0, own, limit, reported: 0, others: 0 };
    this.#open.set(name, Object.assign(known, { own, limit }));
    return known.others;
  }

  /** Never rejects. */
  async exchange(): Promise<void> {
    try {
      await this.#exchangeSums();
      await this.#exchangeOpen();
    } catch (error) {
      this.#options.log.warn('what callers did at other processes is not known', { error });
    }
  }

  async #exchangeSums(): Promise<void> {
    const nowMs = this.#options.now();
    const due: [string, Count][] = [];
    for (const [name, count] of this.#sums) {
      if (count.endsMs <= nowMs) this.#sums.delete(name);
      else if (count.own >= count.limit * SHARED_FROM) due.push([name, count]);
    }
    for (const [period, counts] of Map.groupBy(due, ([, count]) => count.period)) {
      const own = new Map(counts.map(([name, count]) => [name, count.own]));
      // oxlint-disable-next-line no-await-in-loop -- two periods at most: the minute and the day
      const sums = await this.#add(
        period,
        new Map(counts.map(([name, count]) => [name, count.own - count.reported])),
      );
      for (const [name, count] of counts) {
        count.reported = own.get(name) ?? 0;
        count.others = Math.max(0, (sums.get(name) ?? 0) - count.reported);
      }
    }
  }

  /** Reports what is open now, and reads what all processes reported in the last period. */
  async #exchangeOpen(): Promise<void> {
    const due: [string, Count][] = [];
    for (const [name, count] of this.#open) {
      if (count.own === 0) this.#open.delete(name);
      else if (count.own >= count.limit * SHARED_FROM) due.push([name, count]);
      else count.others = 0;
    }
    if (due.length === 0) return;
    const nowMs = this.#options.now();
    const { period } = periodOf(nowMs, EXCHANGE_EVERY_MS);
    const last = periodOf(nowMs - EXCHANGE_EVERY_MS, EXCHANGE_EVERY_MS).period;
    const fresh = due.filter(([, count]) => count.period !== period);
    const before = await this.#add(last, new Map(due.map(([name]) => [name, 0])));
    for (const [name, count] of due) {
      const reported = count.period === last ? count.reported : 0;
      count.others = Math.max(0, (before.get(name) ?? 0) - reported);
    }
    const own = new Map(fresh.map(([name, count]) => [name, count.own]));
    if (own.size > 0) await this.#add(period, own);
    for (const [name, count] of fresh) Object.assign(count, { period, reported: own.get(name) ?? 0 });
  }

  #add(period: string, amounts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    return this.#options.store.add(period, amounts);
  }
}

const DAY_MS = 24 * 3_600_000;

function periodOf(nowMs: number, lengthMs: number): { period: string; endsMs: number } {
  const beganMs = Math.floor(nowMs / lengthMs) * lengthMs;
  const iso = new Date(beganMs).toISOString();
  return { period: lengthMs === DAY_MS ? iso.slice(0, 10) : iso, endsMs: beganMs + lengthMs };
}
