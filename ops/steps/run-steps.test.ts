import { expect, test } from 'bun:test';
import { runSteps } from './run-steps.ts';
import { formatElapsed, type StepEvent } from './step-events.ts';

test('steps run in order, and the first failure ends them with its last lines', async () => {
  const events: StepEvent[] = [];
  let clock = 0;
  const now = (): number => (clock += 100);
  const run = runSteps(
    [
      { id: 'a', title: 'A', run: () => Promise.resolve('two files') },
      { id: 'b', title: 'B', skip: 'not needed', run: () => Promise.reject(new Error('never called')) },
      {
        id: 'c',
        title: 'C',
        run: ({ line }) => {
          for (let n = 1; n <= 100; n += 1) line(`line ${n}`);
          return Promise.reject(new Error('the disk is full'));
        },
      },
      { id: 'd', title: 'D', run: () => Promise.reject(new Error('never called')) },
    ],
    (event) => events.push(event),
    now,
  );
  expect(run).rejects.toThrow('the disk is full');
  await run.catch(() => undefined);

  expect(events[0]?.kind).toBe('plan');
  const ends = events.filter((event) => event.kind === 'end');
  expect(ends.map(({ id, outcome, detail }) => [id, outcome, detail])).toEqual([
    ['a', 'done', 'two files'],
    ['b', 'skipped', 'not needed'],
    ['c', 'failed', 'the disk is full'],
  ]);
  expect(ends[0]?.elapsedMs).toBe(100);
  expect(ends[2]?.output?.at(0)).toBe('line 41');
  expect(ends[2]?.output?.at(-1)).toBe('line 100');
});

test('times are short and have a unit', () => {
  expect([40, 9_900, 12_345, 89_000, 95_000, 3_605_000].map(formatElapsed)).toEqual([
    '0.0 s',
    '9.9 s',
    '12 s',
    '89 s',
    '1 min 35 s',
    '60 min 05 s',
  ]);
});
