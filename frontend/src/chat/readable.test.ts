import { expect, test } from 'bun:test';
import { digitsOf, parseExactly } from '../util/exact-json.ts';
import { toTable, unwrapped } from './readable.ts';

test('objects with similar fields are a table, with a column for each field', () => {
  expect(toTable([{ a: 1 }, { a: 2, b: 3 }])).toEqual({
    columns: ['a', 'b'],
    rows: [{ a: 1 }, { a: 2, b: 3 }],
  });
});

test.each<[string, unknown[]]>([
  ['one object', [{ a: 1 }]],
  ['objects among other values', [{ a: 1 }, { a: 2 }, 3]],
  ['lists', [[1], [2]]],
  ['objects without fields', [{}, {}]],
  [
    'objects without common fields',
    [1, 2, 3].map((n) => Object.fromEntries([1, 2, 3].map((m) => [`${n}${m}`, 0]))),
  ],
])('%s: no table', (_name, value) => {
  expect(toTable(value)).toBeUndefined();
});

test('integers with all their digits are values, not fields', () => {
  const long = parseExactly('[12345678901234567890, 12345678901234567891]') as unknown[];
  expect(digitsOf(long[0])).toBe('12345678901234567890');
  expect(toTable(long)).toBeUndefined();
  expect(digitsOf({ rawJSON: '1' })).toBeUndefined();
});

test('a result that ADK has wrapped is shown without the wrapper', () => {
  expect(unwrapped({ result: [1] })).toEqual([1]);
  expect(unwrapped({ result: 1, more: 2 })).toEqual({ result: 1, more: 2 });
  expect(unwrapped({})).toEqual({});
});
