import { afterEach, expect, mock, spyOn, test } from 'bun:test';
import { FramePacing } from './frame-pacing.ts';
import { FrameLog } from './frame-log.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Frame } from './run.ts';
import type { Lease, RunStore } from './run-store.ts';

const pacing = new FramePacing({ everyMs: 1e9, isTogether: true, maxFrames: 3, lookEveryMs: 1 });
afterEach(() => mock.restore());

const lease = { runId: 'r' } as Lease;

/** A writer on a store that answers on command, with what was stored and shown, by index. */
function openWriter() {
  const log = new FrameLog();
  const stored: number[][] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  const failures: unknown[] = [];
  const addFrames = async (_lease: Lease, frames: readonly Frame[]): Promise<void> => {
    stored.push(frames.map(({ index }) => index));
    const answer = Promise.withResolvers<void>();
    answers.push(answer);
    return answer.promise;
  };
  const store = { pacing, addFrames } as unknown as RunStore;
  const writer = new FrameWriter({
    store,
    lease,
    log,
    onFailure: (error) => failures.push(error),
  });
  return { log, stored, answers, failures, writer, add: () => writer.add('event', ['{}']) };
}

test('the first frame is stored at once, and nothing is seen before it is stored', async () => {
  const { log, stored, answers, add } = openWriter();
  add();
  add();
  expect([stored, log.length]).toEqual([[[0]], 0]);
  answers[0]!.resolve();
  await Bun.sleep(0);
  expect(log.length).toBe(1);
  add();
  expect(stored).toHaveLength(1);
  add();
  expect([stored, log.length]).toEqual([[[0], [1, 2, 3]], 1]);
});

test("frames that a store refuses stay in order for the run's end", async () => {
  const { answers, failures, writer, add } = openWriter();
  add();
  add();
  answers[0]!.reject(new Error('full'));
  await Bun.sleep(0);
  expect(failures).toHaveLength(1);
  expect((await writer.close()).map(({ index }) => index)).toEqual([0, 1]);
});

test('runs that are stored together share a clock; the intervals of another run grow from write to write', () => {
  expect(pacing.clock()).toBe(pacing.clock());
  const alone = pacing.with({ isTogether: false, firstMs: 20, everyMs: 200 });
  const clock = alone.clock();
  expect(alone.clock()).not.toBe(clock);
  const waits: number[] = [];
  let nowMs = performance.now();
  spyOn(performance, 'now').mockImplementation(() => nowMs);
  spyOn(globalThis, 'setTimeout').mockImplementation(((strike: () => void, waitMs: number) => {
    waits.push(Math.round(waitMs));
    nowMs += waitMs;
    strike();
  }) as typeof setTimeout);
  clock.now(() => {});
  for (let write = 0; write < 7; write++) clock.next(() => {});
  expect(waits).toEqual([20, 30, 45, 68, 101, 152, 200]);
});
