import { expect, test } from 'bun:test';
import { FrameLog, inBatches } from './frame-log.ts';
import type { Frame } from './run.ts';

const frames = (...chars: number[]): Frame[] =>
  chars.map((count, index) => ({ index, kind: 'event', json: 'x'.repeat(count) }));
const indexesOf = (batch: readonly Frame[]): number[] => batch.map(({ index }) => index);

test('a reader is given the frames that are there, and about 64 KB at once', () => {
  const long = frames(10, 10, 60_000, 60_000, 200_000, 10);
  expect([...inBatches(long)].map(indexesOf)).toEqual([[0, 1, 2, 3], [4], [5]]);
  const log = new FrameLog();
  expect(log.from(0)).toEqual([]);
  log.publish(long);
  expect(log.from(2)).toEqual(long.slice(2, 4));
  expect(log.from(6)).toEqual([]);
});
