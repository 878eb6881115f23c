import { expect, test } from 'bun:test';
import { differingPaths, planDifferences } from './plan-differences.ts';

const change = (address: string, actions: string[], before: unknown = null, after: unknown = null) => ({
  address,
  change: { actions, before, after },
});

test('a plan without changes has no differences; reads do not count', () => {
  expect(planDifferences({})).toEqual([]);
  expect(planDifferences({ resource_changes: [change('a', ['no-op']), change('data.b', ['read'])] })).toEqual(
    [],
  );
});

test('an update names the attributes, drift is marked', () => {
  const plan = {
    resource_changes: [
      change('aws_lb.staging', ['update'], { idle_timeout: 60, name: 'x' }, { idle_timeout: 120, name: 'x' }),
      change('aws_eip.nat', ['delete', 'create'], { a: 1 }, { a: 2 }),
    ],
    resource_drift: [change('aws_lb.staging', ['update'])],
  };
  expect(planDifferences(plan)).toEqual([
    { address: 'aws_lb.staging', actions: ['update'], attributes: ['idle_timeout'], drift: true },
    { address: 'aws_eip.nat', actions: ['delete', 'create'], attributes: [], drift: false },
  ]);
});

test('paths lead into lists and objects, and to values that exist on one side only', () => {
  expect(differingPaths({ a: [{ b: 1, c: 2 }], d: null }, { a: [{ b: 1, c: 3 }], d: null, e: 'x' })).toEqual([
    'a.0.c',
    'e',
  ]);
  expect(differingPaths({ a: { b: 1 } }, {})).toEqual(['a']);
});
