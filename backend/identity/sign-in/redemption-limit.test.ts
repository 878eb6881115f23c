import { expect, test } from 'bun:test';
import { RedemptionLimit } from './redemption-limit.ts';

function createCase() {
  const clock = { nowMs: 1_000_000 };
  const limit = new RedemptionLimit({
    now: () => clock.nowMs,
    burst: { address: 2, process: 5 },
    everyMs: { address: 6_000, process: 1_000 },
  });
  return { clock, limit };
}

test('an address may use its burst, then one at a time', () => {
  const { clock, limit } = createCase();
  expect([limit.take('a'), limit.take('a'), limit.take('a')]).toEqual([0, 0, 6_000]);
  expect(limit.take('b')).toBe(0);
  clock.nowMs += 2_000;
  expect(limit.take('a')).toBe(4_000);
  clock.nowMs += 4_000;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 6_000]);
});

test('however many addresses there are, the process keeps to its own rate towards the issuer', () => {
  const { clock, limit } = createCase();
  let asked = 0;
  for (let tenth = 0; tenth < 100; tenth++) {
    clock.nowMs += 100;
    for (let caller = 0; caller < 20; caller++) if (limit.take(`${tenth}/${caller}`) === 0) asked++;
  }
  // In the first tenth of a second the bucket is full, so nothing is added.
  expect(asked).toBe(5 + 9);
});

test('an attempt is redeemed once, and forgotten when it has expired', () => {
  const { clock, limit } = createCase();
  expect([limit.isFirst('s'), limit.isFirst('s'), limit.isFirst('t')]).toEqual([true, false, true]);
  clock.nowMs += 600_001;
  expect(limit.isFirst('s')).toBe(true);
});
