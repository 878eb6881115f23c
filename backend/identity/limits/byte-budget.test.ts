import { expect, test } from 'bun:test';
import { ByteBudget } from './byte-budget.ts';

const MB = 1_000_000;
const make = () => new ByteBudget({ processBytes: 10 * MB, callerBytes: 6 * MB });

test('one caller holds no more than its share, and gets it back on release', () => {
  const budget = make();
  const first = budget.hold('ada', 4 * MB);
  expect(() => budget.hold('ada', 3 * MB)).toThrow('At most 6000000 bytes in flight at once');
  expect(() => first.grow(3 * MB)).toThrow('At most');
  first.grow(2 * MB);
  first.release();
  first.release();
  budget.hold('ada', 6 * MB).release();
  expect(budget.bytes).toBe(0);
});

test('all callers together hold no more than the process limit; small requests still pass', () => {
  const budget = make();
  budget.hold('ada', 6 * MB);
  const second = budget.hold('ben', 4 * MB);
  expect(() => budget.hold('cy', MB)).toThrow('too many bytes in flight');
  const small = budget.hold('cy', 1_000);
  expect(() => small.grow(MB)).toThrow('too many bytes in flight');
  second.release();
  small.grow(MB);
  expect(budget.bytes).toBe(7_001_000);
});

test('the refusal says when to retry', () => {
  const budget = make();
  budget.hold('ada', 6 * MB);
  expect(() => budget.hold('ada', 1)).toThrow(
    expect.objectContaining({ code: 'LIMIT_REACHED', headers: { 'retry-after': '2' } }),
  );
});

test('a release only gives back its own bytes', () => {
  const budget = make();
  budget.hold('ada', 4 * MB);
  budget.hold('ada', MB).release();
  expect(() => budget.hold('ada', 3 * MB)).toThrow('At most');
});
