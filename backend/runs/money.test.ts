import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { bothStores, KEY, say } from '../testing/both-stores.ts';
import { silentLog, type RunBench, type TestProcess } from '../testing/run-bench.ts';
import { Budgets, SHARE_EVERY_MS, type BudgetLimits } from './budgets.ts';
import type { Run } from './run.ts';

const TWO_CALLS = 'call list_notes with {} then call environment_status with {}';
let bench: RunBench<unknown>;
const { stores, modelUrl } = bothStores();

describe.each(stores)('the cost of a turn, in $name', ({ open }) => {
  beforeEach(async () => {
    bench = await open();
    await bench.process().sessions.createSession(KEY);
  });
  afterEach(() => bench.close());

  async function ended(run: Run): Promise<Run> {
    for await (const _frame of run.frames());
    await run.ended;
    return run;
  }

  test("a turn's record has the usage and cost of all its model calls", async () => {
    const here = bench.process();
    const run = await ended(await here.runs.start(say(TWO_CALLS)));
    const session = await here.sessions.getSession(KEY);
    const counts = session!.events.flatMap(({ usageMetadata }) => usageMetadata ?? []);
    expect(counts.length).toBeGreaterThan(1);
    const [listed] = await bench.process().runs.list(KEY);
    expect(listed?.usage).toEqual(run.tokens);
    expect(listed?.usage).toMatchObject({
      input: counts.reduce((sum, { promptTokenCount = 0 }) => sum + promptTokenCount, 0),
      total: counts.reduce((sum, { totalTokenCount = 0 }) => sum + totalTokenCount, 0),
      unpriced: [],
    });
    expect(listed?.usage?.costUsd).toBeGreaterThan(0);
  });

  /** A process with budgets and a clock that the test controls. */
  function withBudgets(limits: BudgetLimits, clock: { nowMs: number }): TestProcess & { budgets: Budgets } {
    const { spend: store } = bench.process();
    const budgets = new Budgets({ limits, store, log: silentLog, now: () => clock.nowMs });
    return { ...bench.process({}, { budgets }), budgets };
  }

  const refusalOf = async ({ runs }: TestProcess, more = {}): Promise<unknown> => {
    try {
      await ended(await runs.start(say('hello', more)));
      return 'answered';
    } catch (error) {
      return error;
    }
  };

  test('a turn that exceeds a budget is ended with an event, and the next one is refused until midnight UTC', async () => {
    const clock = { nowMs: Date.parse('2026-11-29T23:59:00.500Z') };
    const here = withBudgets({ user: 1e-6 }, clock);
    const run = await ended(await here.runs.start(say(TWO_CALLS)));
    expect(run.state).toBe('interrupted');
    const { events } = (await here.sessions.getSession(KEY))!;
    expect(events.at(-1)).toMatchObject({
      errorCode: 'BUDGET_REACHED',
      errorMessage: expect.stringContaining('the next day begins at 00:00 UTC'),
    });
    // The call that exceeded it, and none after that.
    expect(events.filter(({ usageMetadata }) => usageMetadata)).toHaveLength(1);

    const before = events.length;
    expect(await refusalOf(here)).toMatchObject({
      code: 'BUDGET_REACHED',
      message: expect.stringContaining('of this user for today, 0.000001 US dollars,'),
      headers: { 'retry-after': '60' },
    });
    expect((await here.sessions.getSession(KEY))!.events).toHaveLength(before);
    clock.nowMs = Date.parse('2026-11-29T23:59:59.999Z');
    expect(await refusalOf(here)).toMatchObject({ code: 'BUDGET_REACHED' });
    clock.nowMs = Date.parse('2026-11-30T00:00:00Z');
    expect(await refusalOf(here)).toBe('answered');
    expect(await refusalOf(here)).toMatchObject({ code: 'BUDGET_REACHED' });
  });

  test('a complete answer that exceeds a budget is kept', async () => {
    const here = withBudgets({ total: 1e-6 }, { nowMs: Date.now() });
    expect((await ended(await here.runs.start(say('hello')))).state).toBe('completed');
    expect(await refusalOf(here)).toMatchObject({ message: expect.stringContaining('of the service') });
  });

  test("another process's spending counts once it is shared, only for the same app or user", async () => {
    const clock = { nowMs: Date.now() };
    const [one, two] = [withBudgets({ app: 1e-6 }, clock), withBudgets({ app: 1e-6 }, clock)];
    const [ann, ben] = [withBudgets({ user: 1e-6 }, clock), withBudgets({ user: 1e-6 }, clock)];
    expect(await refusalOf(two)).toBe('answered');
    await two.budgets.share();
    expect(await refusalOf(one)).toMatchObject({ message: expect.stringContaining('of this app') });

    expect(await refusalOf(ann)).toBe('answered');
    await ann.budgets.share();
    expect(await refusalOf(ben)).toMatchObject({ message: expect.stringContaining('of this user') });
    await ben.sessions.createSession({ ...KEY, userId: 'other' });
    expect(await refusalOf(ben, { userId: 'other' })).toBe('answered');
  });

  test.each([
    ['it is old', SHARE_EVERY_MS + 1],
    ['the clock was put back', -1],
  ])('a known sum is read again when %s', async (_when, ms) => {
    const clock = { nowMs: Date.parse('2026-11-29T12:00:00Z') };
    const [one, two] = [withBudgets({ total: 10 }, clock), withBudgets({ total: 10 }, clock)];
    expect(await one.budgets.isReached(KEY)).toBe(false);
    two.budgets.spend(KEY, 11);
    await two.budgets.share();
    expect(await one.budgets.isReached(KEY)).toBe(false);
    clock.nowMs += ms;
    expect(await one.budgets.isReached(KEY)).toBe(true);
  });

  test('spending of many concurrent processes adds up, and spending before midnight counts for that day', async () => {
    const clock = { nowMs: Date.parse('2026-11-29T23:59:59Z') };
    const all = Array.from({ length: 5 }, () => withBudgets({ user: 1, total: 1 }, clock));
    for (const { budgets } of all) budgets.spend(KEY, 0.25);
    await Promise.all(all.slice(0, 3).map(async ({ budgets }) => budgets.share()));
    clock.nowMs += 2_000;
    for (const { budgets } of all) expect(await budgets.isReached(KEY)).toBe(false);
    const { spend } = bench.process();
    const sums = async (day: string) =>
      spend.add(
        day,
        new Map([
          ['total', 0],
          [`user ${KEY.userId}`, 0],
        ]),
      );
    expect([...(await sums('2026-11-29')).values()]).toEqual([1_250_000, 1_250_000]);
    expect([...(await sums('2026-11-30')).values()]).toEqual([0, 0]);
  });

  test('a queued message whose turn comes after the budget is spent is answered with the event', async () => {
    const here = withBudgets({ user: 1e-6 }, { nowMs: Date.now() });
    const first = await here.runs.start(say('count to 20, held after 2'));
    const second = await here.runs.start(say('hello', { whenBusy: 'queue' }));
    // The first turn ends only now, so that the second one was accepted before the budget was spent.
    while ((await (await fetch(`${modelUrl()}/stand-in/release`, { method: 'POST' })).json()) === 0)
      await Bun.sleep(5);
    await Promise.all([ended(first), ended(second)]);
    expect([first.state, second.state]).toEqual(['completed', 'interrupted']);
    const { events } = (await here.sessions.getSession(KEY))!;
    expect(events.slice(-2)).toMatchObject([{ author: 'user' }, { errorCode: 'BUDGET_REACHED' }]);
  });
});

test('while the store does not answer, a process counts on its own and loses nothing', async () => {
  let isUp = false;
  const sums = new Map<string, number>();
  const store = {
    add: async (_day: string, amounts: ReadonlyMap<string, number>) => {
      if (!isUp) throw new Error('down');
      for (const [key, amount] of amounts) sums.set(key, (sums.get(key) ?? 0) + amount);
      return new Map([...amounts.keys()].map((key) => [key, sums.get(key) ?? 0]));
    },
  };
  const budgets = new Budgets({ limits: { total: 2 }, store, log: silentLog, now: () => 0 });
  expect(await budgets.isReached(KEY)).toBe(false);
  expect(budgets.spend(KEY, 1)).toBe(false);
  expect(await budgets.share().catch(({ message }: Error) => message)).toBe('down');
  expect(budgets.spend(KEY, 1)).toBe(true);
  isUp = true;
  await budgets.share();
  expect(sums.get('total')).toBe(2_000_000);
  expect(await budgets.isReached(KEY)).toBe(true);
});
