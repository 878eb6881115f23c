import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { createFirestore } from '../../firestore/create-firestore.ts';
import type { SpendStore } from '../../runs/budgets.ts';
import { FirestoreSpend } from '../../runs/firestore/firestore-spend.ts';
import { SqliteSpend } from '../../runs/sqlite/sqlite-spend.ts';
import { silentLog } from '../../testing/run-bench.ts';
import type { Principal } from '../principal.ts';
import { CallerLimits } from './caller-limits.ts';
import { EXCHANGE_EVERY_MS, SharedCounts } from './shared-counts.ts';

const TASKS = 3;
const LIMITS = { requestsPerMinute: 100, streams: 10, tokensPerDay: 1_000 };
const ann = { id: 'ann' } as Principal;
const ben = { id: 'ben' } as Principal;
const MINUTE_MS = 60_000;

const stores = [
  {
    name: 'SQLite',
    from: 0,
    open: async () => ({
      store: new SqliteSpend(new Database(':memory:'), 'caller_counts') as SpendStore,
      stop: () => {},
    }),
  },
  {
    name: 'Firestore',
    from: 1 / 10,
    open: async () => {
      const standin = await startFirestoreStandin({ databases: ['staging'] });
      const db = createFirestore({ project: 'lornu', database: 'staging', emulatorHost: standin.host });
      return { store: new FirestoreSpend(db, 'count') as SpendStore, stop: () => standin.stop() };
    },
  },
];

describe.each(stores)('limits of callers over several tasks ($name)', ({ open, from }) => {
  let clock: { nowMs: number };
  let calls: number;
  let isAway: boolean;
  let tasks: { limits: CallerLimits; shared: SharedCounts }[];
  let startTask: () => (typeof tasks)[number];
  let stop: () => void;

  beforeEach(async () => {
    const opened = await open();
    stop = opened.stop;
    clock = { nowMs: Date.UTC(2026, 0, 15, 12) };
    [calls, isAway] = [0, false];
    const store: SpendStore = {
      add: async (period, amounts) => {
        calls++;
        if (isAway) throw new Error('away');
        return opened.store.add(period, amounts);
      },
    };
    const now = (): number => clock.nowMs;
    startTask = () => {
      const shared = new SharedCounts({ store, from, log: silentLog, now });
      return { limits: new CallerLimits({ numbers: LIMITS, counts: shared, now }), shared };
    };
    tasks = Array.from({ length: TASKS }, startTask);
  });
  afterEach(() => stop());

  const task = (index: number): CallerLimits => tasks[index]!.limits;

  async function exchange(): Promise<void> {
    clock.nowMs += EXCHANGE_EVERY_MS;
    for (const { shared } of tasks) await shared.exchange();
  }

  /** How many of these attempts are admitted. */
  function admitted(attempts: number, attempt: () => unknown): number {
    let count = 0;
    for (let n = 0; n < attempts; n++) {
      try {
        attempt();
        count++;
      } catch (error) {
        expect(error).toMatchObject({ code: 'LIMIT_REACHED' });
      }
    }
    return count;
  }

  test('requests a minute: the tasks together admit the limit, and what came within one exchange', async () => {
    let all = 0;
    // 30 requests at each task in ten seconds: 540 in a minute.
    for (let round = 0; round < 6; round++) {
      for (let index = 0; index < TASKS; index++) all += admitted(30, () => task(index).countRequest(ann));
      if (round < 5) await exchange();
    }
    expect(all).toBeGreaterThanOrEqual(LIMITS.requestsPerMinute);
    expect(all).toBeLessThanOrEqual(LIMITS.requestsPerMinute + TASKS * 30);
    expect(admitted(1, () => task(0).countRequest(ben))).toBe(1);
    clock.nowMs += MINUTE_MS;
    expect(admitted(1, () => task(0).countRequest(ann))).toBe(1);
  });

  test('a minute before the counted one, after the clock was set back, is a new minute', () => {
    expect(admitted(101, () => task(0).countRequest(ann))).toBe(100);
    clock.nowMs -= MINUTE_MS;
    expect(admitted(1, () => task(0).countRequest(ann))).toBe(1);
  });

  test('tokens a day: a caller that has spent them at one task gets none at the others', async () => {
    task(0).addTokens(ann, 900);
    task(1).addTokens(ann, 100);
    await exchange();
    await exchange();
    expect(admitted(1, () => task(0).openStream(ann))).toBe(0);
    expect(admitted(1, () => task(1).openStream(ann))).toBe(0);
    expect(admitted(1, () => task(1).openStream(ben))).toBe(1);
    clock.nowMs += 24 * 60 * MINUTE_MS;
    expect(admitted(1, () => task(1).openStream(ann))).toBe(1);
  });

  test('turns at once: those at other tasks count until they end', async () => {
    const close: (() => void)[] = [];
    const begin = (index: number) => close.push(task(index).openStream(ann));
    expect(admitted(6, () => begin(0))).toBe(6);
    expect(admitted(3, () => begin(1))).toBe(3);
    await exchange();
    await exchange();
    expect(admitted(3, () => begin(1))).toBe(1);
    expect(admitted(3, () => begin(0))).toBe(1);
    for (const end of close.splice(0, 6)) end();
    await exchange();
    await exchange();
    expect(admitted(9, () => begin(1))).toBe(5);
  });

  test('turns of a task that died count for no more than two exchanges', async () => {
    admitted(9, () => task(0).openStream(ann));
    admitted(1, () => task(1).openStream(ann));
    await exchange();
    await exchange();
    expect(admitted(1, () => task(1).openStream(ann))).toBe(0);
    tasks.splice(0, 1);
    await exchange();
    await exchange();
    expect(admitted(1, () => task(0).openStream(ann))).toBe(1);
  });

  test('on Firestore a caller below a tenth of its limits costs no read and no write', async () => {
    for (let n = 0; n < 9; n++) task(0).countRequest(ann);
    task(0).addTokens(ann, 99);
    await exchange();
    expect(calls).toBe(from === 0 ? 2 : 0);
    task(0).countRequest(ann);
    await exchange();
    expect(calls).toBe(from === 0 ? 4 : 1);
  });

  test('a restart loses nothing that was counted before it stopped, and knows it after one exchange', async () => {
    task(0).addTokens(ann, 990);
    for (let n = 0; n < 100; n++) task(0).countRequest(ann);
    await tasks[0]!.shared.stop();
    tasks.splice(0, TASKS, startTask());
    // What a caller does before the first exchange: with a sum for each process, at least a tenth of the limit.
    task(0).addTokens(ann, from === 0 ? 1 : 100);
    for (let n = 0; n < Math.max(1, from * 100); n++) task(0).countRequest(ann);
    await exchange();
    expect(admitted(1, () => task(0).openStream(ann))).toBe(from === 0 ? 1 : 0);
    expect(admitted(1, () => task(0).countRequest(ann))).toBe(0);
    task(0).addTokens(ann, 9);
    expect(admitted(1, () => task(0).openStream(ann))).toBe(0);
  });

  test('while the store does not answer, each task counts on its own, and nothing is lost', async () => {
    isAway = true;
    task(0).addTokens(ann, 600);
    task(1).addTokens(ann, 500);
    await exchange();
    expect(admitted(1, () => task(1).openStream(ann))).toBe(1);
    isAway = false;
    await exchange();
    await exchange();
    expect(admitted(1, () => task(1).openStream(ann))).toBe(0);
  });
});
