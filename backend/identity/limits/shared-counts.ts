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
  /** Undefined: this process counts on its own. */
  store?: SharedSums | undefined;
  /**
   * A process shares a count from this share of its limit on: below it, callers cost no reads and no writes. Default: all
   * are shared.
   */
  from?: number;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How often counts are exchanged, in milliseconds. */
export const EXCHANGE_EVERY_MS = 10_000;

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
 * Counts what callers do, in memory, for all processes together, approximately. A process adds what it has counted to
 * sums in the store every ten seconds, if that is at least the share `from` of the limit. So a caller can exceed a limit
 * by what it does in ten seconds, and by that share for each further process; a restarted process is a further one.
 * While the store does not answer, each process counts on its own.
 */
export class SharedCounts {
  readonly #options: SharedCountsOptions;
  /** Sums of a period, such as requests of a minute, by name. */
  readonly #sums = new Map<string, Count>();
  /** Things that are open at the moment, such as turns, by name. Each exchange has a period of its own. */
  readonly #open = new Map<string, Count>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #exchanging: Promise<void> = Promise.resolve();

  constructor(options: SharedCountsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.exchange(), EXCHANGE_EVERY_MS);
    // Do not keep an otherwise idle process alive.
    this.#timer.unref();
  }

  /** The last exchange, for the processes that go on. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.exchange();
  }

  /** Adds to a count of the period of `lengthMs`; returns its sum, with what the others had at the last exchange. */
  add(name: string, amount: number, limit: number, lengthMs: number): number {
    const nowMs = this.#options.now();
    let count = this.#sums.get(name);
    if (!count || nowMs >= count.endsMs || nowMs < count.endsMs - lengthMs) {
      count = { ...periodOf(nowMs, lengthMs), limit, own: 0, reported: 0, others: 0 };
      this.#sums.set(name, count);
    }
    count.own += amount;
    return count.own + count.others;
  }

  /** Changes how many are open in this process; returns their sum, with what the others had at the last exchange. */
  open(name: string, change: number, limit: number): number {
    const count = this.#open.get(name) ?? { period: '', endsMs: 0, limit, own: 0, reported: 0, others: 0 };
    this.#open.set(name, count);
    count.own += change;
    return count.own + count.others;
  }

  /** Never rejects. One at a time: an amount that is being added would be added again. */
  async exchange(): Promise<void> {
    this.#exchanging = this.#exchanging.then(async () => this.#exchange());
    return this.#exchanging;
  }

  async #exchange(): Promise<void> {
    try {
      const nowMs = this.#options.now();
      for (const [name, { endsMs }] of this.#sums) if (endsMs <= nowMs) this.#sums.delete(name);
      for (const [name, { own }] of this.#open) if (own === 0) this.#open.delete(name);
      const { store } = this.#options;
      if (!store) return;
      await this.#exchangeSums(store);
      await this.#exchangeOpen(store);
    } catch (error) {
      this.#options.log.warn('what callers did at other processes is not known', { error });
    }
  }

  async #exchangeSums(store: SharedSums): Promise<void> {
    const due = [...this.#sums].filter(([, count]) => this.#isShared(count));
    for (const [period, counts] of Map.groupBy(due, ([, count]) => count.period)) {
      const own = new Map(counts.map(([name, count]) => [name, count.own]));
      const sums = await store.add(
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
  async #exchangeOpen(store: SharedSums): Promise<void> {
    const due: [string, Count][] = [];
    for (const [name, count] of this.#open) {
      if (this.#isShared(count)) due.push([name, count]);
      else count.others = 0;
    }
    if (due.length === 0) return;
    const nowMs = this.#options.now();
    const { period } = periodOf(nowMs, EXCHANGE_EVERY_MS);
    const last = periodOf(nowMs - EXCHANGE_EVERY_MS, EXCHANGE_EVERY_MS).period;
    const fresh = due.filter(([, count]) => count.period !== period);
    const before = await store.add(last, new Map(due.map(([name]) => [name, 0])));
    for (const [name, count] of due) {
      const reported = count.period === last ? count.reported : 0;
      count.others = Math.max(0, (before.get(name) ?? 0) - reported);
    }
    const own = new Map(fresh.map(([name, count]) => [name, count.own]));
    if (own.size > 0) await store.add(period, own);
    for (const [name, count] of fresh) Object.assign(count, { period, reported: own.get(name) ?? 0 });
  }

  #isShared({ own, limit }: Count): boolean {
    return own >= limit * (this.#options.from ?? 0);
  }
}

const DAY_MS = 24 * 3_600_000;

function periodOf(nowMs: number, lengthMs: number): { period: string; endsMs: number } {
  const beganMs = Math.floor(nowMs / lengthMs) * lengthMs;
  const iso = new Date(beganMs).toISOString();
  return { period: lengthMs === DAY_MS ? iso.slice(0, 10) : iso, endsMs: beganMs + lengthMs };
}
