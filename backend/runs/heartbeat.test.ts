import { afterEach, expect, test } from 'bun:test';
import { silentLog } from '../testing/run-bench.ts';
import { Heartbeat } from './heartbeat.ts';

const HOLD_MS = 40;
let heartbeat: Heartbeat | undefined;
afterEach(() => heartbeat?.stop());

/** A heartbeat on a store that records calls. `answer` decides what a heartbeat returns, and how fast. */
function open(
  answer: (count: number) => Promise<boolean> = async (count) => count > 1,
  deleted: Promise<void> = Promise.resolve(),
) {
  const calls: (number | 'deleted')[] = [];
  const seen = { lapses: 0, isNeeded: true };
  const store = {
    beat: async (_owner: string, holdMs: number) => {
      calls.push(holdMs);
      return answer(calls.length);
    },
    stopBeating: async () => {
      calls.push('deleted');
      await deleted;
    },
  };
  heartbeat = new Heartbeat({
    store,
    owner: 'here',
    everyMs: HOLD_MS / 4,
    holdMs: HOLD_MS,
    log: silentLog,
    isNeeded: () => seen.isNeeded,
    onLapse: () => seen.lapses++,
  });
  return { heartbeat, calls, seen };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(1);
}

test('heartbeats are stored while there are runs; then the last one is deleted, once', async () => {
  const { calls, seen } = open();
  await until(() => calls.length > 3);
  seen.isNeeded = false;
  await until(() => calls.at(-1) === 'deleted');
  const { length } = calls;
  await Bun.sleep(2 * HOLD_MS);
  expect(calls.length).toBe(length);
});

test('a process without runs stores nothing', async () => {
  const { calls, seen } = open();
  seen.isNeeded = false;
  await Bun.sleep(2 * HOLD_MS);
  expect(calls).toEqual([]);
});

test('heartbeats that are late hold longer, and no longer than five times', async () => {
  const { heartbeat: late, calls } = open(async () => {
    await Bun.sleep(HOLD_MS);
    return true;
  });
  await until(() => calls.length > 3);
  expect(calls[0]).toBe(HOLD_MS);
  expect(calls.at(-1)).toBeGreaterThan(1.5 * HOLD_MS);
  expect(late.holdMs).toBeLessThanOrEqual(5 * HOLD_MS);
});

test('the first lease does not wait for a heartbeat; a lease after a pause does', async () => {
  const answers: PromiseWithResolvers<boolean>[] = [];
  const {
    heartbeat: slow,
    calls,
    seen,
  } = open(() => {
    const answer = Promise.withResolvers<boolean>();
    answers.push(answer);
    return answer.promise;
  });
  await slow.beforeLease();
  expect(calls.length).toBe(1);
  answers[0]!.resolve(false);
  await until(() => answers.length > 1);
  await Bun.sleep(HOLD_MS);
  let isReady = false;
  const ready = slow.beforeLease().then(() => (isReady = true));
  await Bun.sleep(5);
  expect(isReady).toBe(false);
  // Otherwise the next heartbeat would never be answered.
  seen.isNeeded = false;
  answers[1]!.resolve(true);
  await ready;
});

test('a lease that is taken while the heartbeat is being deleted gets a new one', async () => {
  const deleted = Promise.withResolvers<void>();
  const { heartbeat: resting, calls, seen } = open(undefined, deleted.promise);
  await until(() => calls.length > 1);
  seen.isNeeded = false;
  await until(() => calls.at(-1) === 'deleted');
  let isReady = false;
  const ready = resting.beforeLease().then(() => (isReady = true));
  await Bun.sleep(1);
  expect(isReady).toBe(false);
  deleted.resolve();
  await ready;
  expect(calls.at(-1)).toBeGreaterThanOrEqual(HOLD_MS);
});

test('a first heartbeat that is not stored for long is waited for, and the next attempt holds longer', async () => {
  const first = Promise.withResolvers<boolean>();
  const { heartbeat: slow, calls } = open(async (count) => (count === 1 ? first.promise : true));
  await slow.beforeLease();
  await Bun.sleep(HOLD_MS);
  let isReady = false;
  const ready = slow.beforeLease().then(() => (isReady = true));
  await Bun.sleep(5);
  expect(isReady).toBe(false);
  first.reject(new Error('too late'));
  await ready;
  await until(() => calls.length > 1);
  expect(calls[1]).toBeGreaterThan(1.5 * HOLD_MS);
});

test('a heartbeat that had run out by the clock of the store is reported; the first one is not', async () => {
  const { calls, seen } = open(async (count) => count > 1 && count !== 4);
  await until(() => calls.length > 3);
  await until(() => seen.lapses > 0);
  await until(() => calls.length > 5);
  expect(seen.lapses).toBe(1);
});

test('a process that stops with leases lets its heartbeat run out, so that others take its runs', async () => {
  const { heartbeat: stopping, calls } = open();
  await until(() => calls.length > 1);
  await stopping.stop();
  expect(calls).not.toContain('deleted');
});
