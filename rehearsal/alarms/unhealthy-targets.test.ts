import { expect, test } from 'bun:test';
import { UnhealthyTargets } from './unhealthy-targets.ts';

const target = (id: string, state: string) => ({ id, state });

test('a target that was healthy counts as soon as it is unhealthy', () => {
  const counter = new UnhealthyTargets(20_000);
  expect(counter.count([target('a', 'healthy'), target('b', 'healthy')], 0)).toBe(0);
  expect(counter.count([target('a', 'unhealthy'), target('b', 'healthy')], 1)).toBe(1);
});

test('a starting target counts when its start has taken too long', () => {
  const counter = new UnhealthyTargets(20_000);
  expect(counter.count([target('a', 'unhealthy')], 1_000)).toBe(0);
  expect(counter.count([target('a', 'unhealthy')], 20_999)).toBe(0);
  expect(counter.count([target('a', 'unhealthy')], 21_000)).toBe(1);
});

test('states without a failed check do not count, and a new target starts at zero', () => {
  const counter = new UnhealthyTargets(20_000);
  const states = ['initial', 'draining', 'unused'].map((state, index) => target(`t${index}`, state));
  counter.count(states, 0);
  expect(counter.count(states, 60_000)).toBe(0);
  counter.count([target('a', 'healthy')], 60_000);
  counter.count([], 61_000);
  expect(counter.count([target('a', 'unhealthy')], 62_000)).toBe(0);
});
