import { expect, test } from 'bun:test';
import { HOPS_KEY, hopsOf, isTooFar, metadataOfNextHop } from './hops.ts';

test('a question that names no hops is the first, and may be passed on once', () => {
  expect(hopsOf(undefined)).toBe(0);
  expect(hopsOf({ other: 1 })).toBe(0);
  expect(metadataOfNextHop(undefined)).toEqual({ [HOPS_KEY]: 1 });
  expect(isTooFar({ [HOPS_KEY]: 1 })).toBe(false);
});

test('one that was passed on is answered here and nowhere else', () => {
  expect(metadataOfNextHop({ [HOPS_KEY]: 1 })).toBeUndefined();
  expect(isTooFar({ [HOPS_KEY]: 2 })).toBe(true);
});

test('what is no whole number is too far: nobody gains hops by writing them oddly', () => {
  for (const odd of [-1, 0.5, Number.NaN, '1', null, [0], {}, true])
    expect([odd, isTooFar({ [HOPS_KEY]: odd })]).toEqual([odd, true]);
});
