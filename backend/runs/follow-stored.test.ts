import { expect, test } from 'bun:test';
import { AppError } from '../errors/app-error.ts';
import { FramePacing } from './frame-pacing.ts';
import { followStored } from './follow-stored.ts';
import type { Frame } from './run.ts';
import type { RunStore, StoredFrames } from './run-store.ts';

const frame = (index: number): Frame => ({ index, kind: 'event', json: '{}' });

/** What a listener gets of a run in a store that gives these answers. */
async function listen(answers: (StoredFrames | Error)[]): Promise<readonly Frame[]> {
  const store = {
    pacing: new FramePacing({ everyMs: 1, isTogether: false, maxFrames: 1, lookEveryMs: 1 }),
    frames: async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as RunStore;
  return (await Array.fromAsync(followStored(store, 'run', 0, undefined))).flat();
}

test('a listener waits while the store is away, and misses nothing', async () => {
  const away = new AppError('STORE_UNAVAILABLE');
  const frames = await listen([
    { frames: [frame(0)], state: 'running' },
    away,
    away,
    { frames: [frame(1)], state: 'completed' },
  ]);
  expect(frames).toEqual([frame(0), frame(1)]);
});

test('any other error ends the stream', async () => {
  const answers = [{ frames: [frame(0)], state: 'running' as const }, new AppError('INTERNAL')];
  expect(listen(answers)).rejects.toMatchObject({ code: 'INTERNAL' });
});
