import { expect, test } from 'bun:test';
import { judged } from '@lornu/ops/verify/check.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';
import { runBreaks } from './run-breaks.ts';

const stageWith = (failed: Promise<never>): Stage =>
  ({
    served: { failed, vpc: undefined },
    context: { emit: () => {}, signal: new AbortController().signal },
  }) as unknown as Stage;
const never = Promise.withResolvers<never>().promise;
const passed = judged(true, 'all', 'all');
const named = (id: string, run: Break['run'], more: Partial<Break> = {}): Break => ({
  id,
  title: id,
  does: 'nothing',
  people: 'nothing',
  recovery: 'it goes on',
  run,
  ...more,
});

test('a break begins when the one before it has released the environment, and every verdict is awaited', async () => {
  const order: string[] = [];
  const tail = Promise.withResolvers<void>();
  const first = named('first', async ({ release, position }) => {
    order.push(`first at ${position}`);
    release?.();
    await tail.promise;
    order.push('first ended');
    return passed;
  });
  const second = named('second', async ({ position }) => {
    order.push(`second at ${position}`);
    tail.resolve();
    return judged(false, 'all', 'none');
  });
  const results = await runBreaks(stageWith(never), [first, second]);
  expect(order).toEqual(['first at 0', 'second at 1', 'first ended']);
  expect(results.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['first', 'passed'],
    ['second', 'failed'],
  ]);
  expect(results.every(({ busyMs, elapsedMs }) => busyMs <= elapsedMs)).toBeTrue();
});

test('a break that releases nothing is awaited, and one that throws has failed', async () => {
  const order: string[] = [];
  const slow = named('slow', async () => {
    await Bun.sleep(20);
    order.push('slow ended');
    throw new Error('no task is healthy');
  });
  const next = named('next', async () => {
    order.push('next began');
    return passed;
  });
  const results = await runBreaks(stageWith(never), [slow, next]);
  expect(order).toEqual(['slow ended', 'next began']);
  expect(results.map(({ outcome, seen }) => [outcome, seen])).toEqual([
    ['failed', 'no task is healthy'],
    ['passed', 'all'],
  ]);
});

test('without the applied network a break that needs it is absent, and an ended stand-in ends the series', async () => {
  const needy = named('needy', async () => passed, { needsNetwork: true });
  expect((await runBreaks(stageWith(never), [needy]))[0]?.outcome).toBe('absent');
  const gone = Promise.reject(new Error('moto is gone'));
  gone.catch(() => undefined);
  expect(runBreaks(stageWith(gone), [named('any', async () => passed)])).rejects.toThrow('moto is gone');
});
