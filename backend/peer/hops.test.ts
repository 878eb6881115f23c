import { expect, test } from 'bun:test';
import { HOPS_KEY, hopsOf, isTooFar, metadataOfNextHop } from './hops.ts';

test('a question without hops is the first, and may be passed on once', () => {
  expect(hopsOf(undefined)).toBe(0);
  expect(hopsOf({ other: 1 })).toBe(0);
  expect(metadataOfNextHop(undefined)).toEqual({ [HOPS_KEY]: 1 });
  expect(isTooFar({ [HOPS_KEY]: 1 })).toBe(false);
});

test('a question that was passed on is answered here and not passed on again', () => {
  expect(metadataOfNextHop({ [HOPS_KEY]: 1 })).toBeUndefined();
  expect(isTooFar({ [HOPS_KEY]: 2 })).toBe(true);
});

test('an invalid number of hops counts as too many', () => {
  for (const odd of [-1, 0.5, Number.NaN, '1', null, [0], {}, true])
    expect([odd, isTooFar({ [HOPS_KEY]: odd })]).toEqual([odd, true]);
});
