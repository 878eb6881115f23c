import { expect, test } from 'bun:test';
import { noteFrame, timesOf } from './answer-times.ts';

test('an answer takes at least as long as its first word; a lost connection leaves only the first word', async () => {
  const sentMs = performance.now();
  await Bun.sleep(5);
  noteFrame('measured', sentMs);
  const first = timesOf('measured');
  await Bun.sleep(5);
  noteFrame('measured', sentMs);
  const { firstWord = 0, whole = 0 } = timesOf('measured') ?? {};
  expect(firstWord).toBe(first?.whole ?? 0);
  expect(whole).toBeGreaterThan(firstWord);
  noteFrame('measured', undefined);
  expect(timesOf('measured')).toEqual({ firstWord });
});

test('an answer that the page joined on its way has no times', () => {
  noteFrame('joined', undefined);
  expect(timesOf('joined')).toBeUndefined();
});
