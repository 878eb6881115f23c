import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../standins/firestore/server.ts';
import { spawnGeminiStandin } from '../../standins/gemini/spawn.ts';
import { openFirestoreBench, openRunBench, type RunBench } from '../testing/run-bench.ts';
import type { Run, TurnRequest } from './run.ts';
import { machineUptimeMs } from './sqlite/machine-clock.ts';

const HOUR_MS = 3_600_000;
const key = { appName: 'lornu', userId: 'u', sessionId: 's' };
const say = (text: string): TurnRequest => ({
  ...key,
  streaming: true,
  newMessage: { role: 'user', parts: [{ text }] },
});

let bench: RunBench<unknown>;

const standin = await spawnGeminiStandin();
afterAll(() => standin.stop());

async function indexesOf(run: Run): Promise<number[]> {
  const indexes: number[] = [];
  for await (const { index } of run.frames()) indexes.push(index);
  return indexes;
}

/** A machine's clock that can be set. */
function settableClock(): { now: () => number; jump: (ms: number) => void } {
  let offsetMs = 0;
  return { now: () => Date.now() + offsetMs, jump: (ms) => (offsetMs = ms) };
}

describe.each(['SQLite', 'Firestore'])('the wall clock jumps (%s)', (kind) => {
  beforeEach(async () => {
    bench =
      kind === 'SQLite'
        ? await openRunBench(standin.url)
        : await openFirestoreBench(standin.url, await startFirestoreStandin({ databases: ['staging'] }));
  });
  afterEach(() => bench.close());

  describe.each([
    ['an hour ahead', HOUR_MS],
    ['an hour back', -HOUR_MS],
  ])('%s', (_direction, byMs) => {
    test.each([
      ['of all', true, true],
      ['of the process that carries the run', true, false],
      ['of the one that looks on', false, true],
    ])('%s: a run that lives stays where it is', async (_whose, jumpsHere, jumpsThere) => {
      const clocks = [settableClock(), settableClock()] as const;
      const limits = { leaseMs: 2_000, renewEveryMs: 200, takeOverEveryMs: 50 };
      const here = bench.process(limits, { now: clocks[0].now });
      const there = bench.process(limits, { now: clocks[1].now });
      await here.sessions.createSession(key);
      const run = await here.runs.start(say('count to 20 every 50 ms'));
      await run.firstFrame;
      if (jumpsHere) clocks[0].jump(byMs);
      if (jumpsThere) clocks[1].jump(byMs);
      const indexes = await indexesOf(run);
      expect(indexes).toEqual(indexes.map((_, n) => n));
      expect(await there.store.get(run.id)).toMatchObject({ state: 'completed', takeovers: 0 });
    });

    test('a dead process is replaced, its run ends, and events stay in order', async () => {
      const { now, jump } = settableClock();
      const never = { renewEveryMs: 1e9, takeOverEveryMs: 1e9, cancelEveryMs: 1e9 };
      const dead = bench.process({ leaseMs: 400, ...never }, { now });
      await dead.sessions.createSession(key);
      const run = await dead.runs.start(say('count to 20 every 60 ms'));
      await run.firstFrame;
      jump(byMs);
      const alive = bench.process({ leaseMs: 2_000, renewEveryMs: 300, takeOverEveryMs: 50 }, { now });
      const { run: followed } = await alive.runs.attach({ session: key, runId: run.id });
      await indexesOf(followed);
      expect(await alive.store.get(run.id)).toMatchObject({ state: 'completed', takeovers: 1 });
      const times = (await alive.sessions.getSession(key))!.events.map(({ timestamp }) => timestamp);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(times).size).toBe(times.length);
    });
  });
});

test('the clock of leases advances with time, and counts from the start of the machine', async () => {
  const before = machineUptimeMs();
  await Bun.sleep(120);
  const passed = machineUptimeMs() - before;
  expect(passed).toBeGreaterThanOrEqual(process.platform === 'linux' ? 100 : 0);
  expect(passed).toBeLessThan(5_000);
  expect(before).toBeGreaterThan(performance.now());
});
