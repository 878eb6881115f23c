import { expect, test } from 'bun:test';
import { ShowThenStore, StoreThenShow } from './frame-pacing.ts';
import { FrameLog } from './frame-log.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Frame } from './run.ts';
import type { Lease, RunStore } from './run-store.ts';

const bounds = { everyMs: 1e9, maxFrames: 3, lookEveryMs: 1 };
const lease = { runId: 'r' } as Lease;

/** A writer on a store that answers on command, with what was stored and shown, by index. */
function openWriter(pacing: RunStore['pacing']) {
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
    isAwaited: false,
    onFailure: (error) => failures.push(error),
  });
  return { log, stored, answers, failures, writer, add: () => writer.add('event', ['{}']) };
}

test('store, then show: the first frame is stored at once, and nothing is seen before it is stored', async () => {
  const { log, stored, answers, add } = openWriter(new StoreThenShow(bounds));
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

test('show, then store: everything is seen at once, and stored when enough is collected', async () => {
  const { log, stored, answers, add } = openWriter(new ShowThenStore(bounds));
  add();
  add();
  expect([stored, log.length]).toEqual([[], 2]);
  add();
  expect([stored, log.length]).toEqual([[[0, 1, 2]], 3]);
  answers[0]!.resolve();
  await Bun.sleep(0);
  expect(log.length).toBe(3);
});

test("frames that a store refuses stay in order for the run's end", async () => {
  const { answers, failures, writer, add } = openWriter(new StoreThenShow(bounds));
  add();
  add();
  answers[0]!.reject(new Error('full'));
  await Bun.sleep(0);
  expect(failures).toHaveLength(1);
  expect((await writer.close()).map(({ index }) => index)).toEqual([0, 1]);
});

test('runs whose frames are stored first share a clock, and continue with the numbers of the stored frames', async () => {
  const [together, alone] = [new StoreThenShow(bounds), new ShowThenStore(bounds)];
  expect(together.clock()).toBe(together.clock());
  expect(alone.clock()).not.toBe(alone.clock());
  expect([together.firstIndex(1, 7), await together.shownBelow(1, async () => 7)]).toEqual([7, 7]);
  const ofNext = alone.firstIndex(1);
  expect(ofNext).toBeGreaterThan(100_000);
  expect(await alone.shownBelow(0)).toBe(ofNext);
});
