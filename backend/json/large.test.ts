import { expect, spyOn, test } from 'bun:test';
import { afterLargeStep, LARGE_CHARS, ownTurn } from './large.ts';

/** Event loop turns until `work` was done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns++;
    setImmediate(count);
  };
  setImmediate(count);
  await work;
  isDone = true;
  return turns;
}

test('each of ten waiting works gets its own turn of the event loop, in order', async () => {
  const order: number[] = [];
  const waiting = Array.from({ length: 10 }, (_, n) => ownTurn().then(() => order.push(n)));
  expect(await turnsOf(Promise.all(waiting))).toBeGreaterThanOrEqual(9);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a small step does not wait', async () => {
  const long = Promise.all(Array.from({ length: 10 }, () => ownTurn()));
  expect(await turnsOf(afterLargeStep(1_000))).toBe(0);
  await long;
});

test('garbage is collected once for many steps that are large only together', async () => {
  const collect = spyOn(Bun, 'gc');
  try {
    for (let step = 0; step < 20; step++) await afterLargeStep(LARGE_CHARS);
    expect(collect.mock.calls.length).toBeWithin(2, 4);
  } finally {
    collect.mockRestore();
  }
});
