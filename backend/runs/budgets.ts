import { AppError } from '../errors/app-error.ts';
import type { SharedSums } from '../identity/limits/shared-counts.ts';
import type { Logger } from '../observability/logger.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';

/** Most US dollars for model calls between one midnight UTC and the next; undefined: no limit. */
export interface BudgetLimits {
  /** For one user, over all apps. */
  user?: number | undefined;
  /** For one app, over all users. */
  app?: number | undefined;
  /** For everything together. */
  total?: number | undefined;
}

/** The day's spending, in millionths of a US dollar. */
export type SpendStore = SharedSums;

export interface BudgetsOptions {
  limits: BudgetLimits;
  store: SpendStore;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How often spending is sent to the store, and how old a sum from there may be when a turn begins, in milliseconds. */
export const SHARE_EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
const MICRO = 1e6;

/** One counter of a day in this process. */
interface Counter {
  /** The store's sum, as last read. */
  sum: number;
  readAtMs: number;
  /** Amounts being sent to the store, and not sent yet. */
  sent: number;
  pending: number;
}

/**
 * Daily budgets of money. This process's spending counts at once; that of others at most SHARE_EVERY_MS later. So all
 * processes together exceed a budget by at most what they spend in that time, plus the cost of the running model calls.
 * A killed process loses the spending that it has not shared. While the store does not answer, each process counts on
 * its own.
 */
export class Budgets {
  readonly #options: BudgetsOptions;
  #day = '';
  #counters = new Map<string, Counter>();
  #sharing: Promise<void> = Promise.resolve();

  constructor(options: BudgetsOptions) {
    this.#options = options;
  }

  /** Throws BUDGET_REACHED, with Retry-After, if a budget of this session's user or app, or the total one, is spent. */
  async assertLeft(session: CompositeSessionKey): Promise<void> {
    if (!(await this.isReached(session))) return;
    const [key, limit] = this.#budgetsOf(session).find((budget) => this.#isSpent(budget)) ?? ['', 0];
    const whose = { u: 'this user', a: 'this app' }[key.charAt(0)] ?? 'the service';
    const left = DAY_MS - (this.#options.now() % DAY_MS);
    throw new AppError(
      'BUDGET_REACHED',
      `The budget of ${whose} for today, ${limit} US dollars, is spent; the next day begins at 00:00 UTC.`,
      { headers: { 'retry-after': String(Math.ceil(left / 1_000)) } },
    );
  }

  /** Whether one of the session's budgets is spent, by sums that are at most SHARE_EVERY_MS old. */
  async isReached(session: CompositeSessionKey): Promise<boolean> {
    const nowMs = this.#options.now();
    const isOld = ({ readAtMs }: Counter): boolean => nowMs - readAtMs > SHARE_EVERY_MS || readAtMs > nowMs;
    const budgets = this.#budgetsOf(session);
    if (budgets.some(([key]) => isOld(this.#counter(key))))
      await this.#share(budgets.map(([key]) => key)).catch((error: unknown) =>
        this.#options.log.warn('what others have spent is not known', { error }),
      );
    return this.#budgetsOf(session).some((budget) => this.#isSpent(budget));
  }

  /** Counts the cost of a model call; returns whether one of the session's budgets is now spent. */
  spend(session: CompositeSessionKey, usd: number): boolean {
    const budgets = this.#budgetsOf(session);
    for (const [key] of budgets) this.#counter(key).pending += Math.round(usd * MICRO);
    return budgets.some((budget) => this.#isSpent(budget));
  }

  /** Sends the spending since the last call to the store. Throws if the store does not answer; nothing is lost then. */
  async share(): Promise<void> {
    this.#beginDay();
    const spent = [...this.#counters].filter(([, { pending }]) => pending > 0).map(([key]) => key);
    if (spent.length > 0) await this.#share(spent);
  }

  /** Never two at a time: a sum that arrives late would hide a newer one. */
  async #share(keys: readonly string[]): Promise<void> {
    const sharing = this.#sharing.then(async () => this.#exchange(this.#day, this.#counters, keys));
    this.#sharing = sharing.catch(() => undefined);
    return sharing;
  }

  async #exchange(day: string, counters: Map<string, Counter>, keys: readonly string[]): Promise<void> {
    const { store, now } = this.#options;
    const amounts = new Map<string, number>();
    for (const key of keys) {
      const counter = counters.get(key);
      if (!counter) continue;
      amounts.set(key, counter.pending);
      counter.sent = counter.pending;
      counter.pending = 0;
    }
    const readAtMs = now();
    try {
      const sums = await store.add(day, amounts);
      for (const [key, sum] of sums) Object.assign(counters.get(key) ?? {}, { sum, readAtMs, sent: 0 });
    } catch (error) {
      for (const key of amounts.keys()) {
        const counter = counters.get(key);
        if (counter) [counter.pending, counter.sent] = [counter.pending + counter.sent, 0];
      }
      throw error;
    }
  }

  #budgetsOf({ appName, userId }: CompositeSessionKey): [key: string, limit: number][] {
    this.#beginDay();
    const { user, app, total } = this.#options.limits;
    const all: [string, number | undefined][] = [
      [`user ${userId}`, user],
      [`app ${appName}`, app],
      ['total', total],
    ];
    return all.filter((budget): budget is [string, number] => budget[1] !== undefined);
  }

  #isSpent([key, limit]: [key: string, limit: number]): boolean {
    const { sum, sent, pending } = this.#counter(key);
    return sum + sent + pending >= limit * MICRO;
  }

  #counter(key: string): Counter {
    const known = this.#counters.get(key);
    if (known) return known;
    const counter = { sum: 0, readAtMs: -Infinity, sent: 0, pending: 0 };
    this.#counters.set(key, counter);
    return counter;
  }

  /** After midnight UTC nothing is spent yet; spending of the old day that was not shared is sent for that day. */
  #beginDay(): void {
    const today = new Date(this.#options.now()).toISOString().slice(0, 10);
    if (today === this.#day) return;
    const [day, counters] = [this.#day, this.#counters];
    this.#day = today;
    this.#counters = new Map();
    const late = [...counters].filter(([, { pending }]) => pending > 0).map(([key]) => key);
    if (late.length === 0) return;
    this.#sharing = this.#sharing
      .then(async () => this.#exchange(day, counters, late))
      .catch((error: unknown) =>
        this.#options.log.warn("what was spent at the day's end was not counted", { error }),
      );
  }
}
