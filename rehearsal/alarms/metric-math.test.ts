import { expect, test } from 'bun:test';
import { compositeRule, metricMath, type Values } from './metric-math.ts';

test.each<[string, Values, number | undefined]>([
  ['IF(bad >= 5, 100 * bad / all, 0)', { bad: 5, all: 20 }, 25],
  ['IF(bad >= 5, 100 * bad / all, 0)', { bad: 4, all: 4 }, 0],
  ['1 + 2 * 3 - 4 / 2', {}, 5],
  ['(1 + 2) * 3', {}, 9],
  ['a > 1', { a: 1 }, 0],
  ['a == 1', { a: 1 }, 1],
  // A missing value is not zero.
  ['a + 1', { a: undefined }, undefined],
  ['IF(a > 1, 1, 2)', { a: undefined }, undefined],
  ['IF(1 > 0, 3, a)', { a: undefined }, 3],
  ['1 / a', { a: 0 }, undefined],
])('%s with %j is %p', (expression, values, value) => {
  expect(metricMath(expression, values)).toBe(value as never);
});

test.each(['FILL(a, 0)', 'a +', 'a b', 'IF(a, 1)', 'b', 'a % 2', '(a'])(
  '%s is refused, never guessed',
  (expression) => {
    expect(() => metricMath(expression, { a: 1 })).toThrow();
  },
);

test('a composite alarm fires when all its alarms do', () => {
  const ringing = (...names: string[]) =>
    compositeRule('ALARM("a") AND ALARM("b")', (name) => names.includes(name));
  expect([ringing('a', 'b'), ringing('a'), ringing('b'), ringing()]).toEqual([true, false, false, false]);
  expect(() => compositeRule('ALARM("a") OR ALARM("b")', () => true)).toThrow('not rehearsed');
});
