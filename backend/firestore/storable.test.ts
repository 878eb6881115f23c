import { expect, test } from 'bun:test';
import { isDocumentId, whyNotStorable } from './storable.ts';

test.each([
  ['an empty key', { a: { '': 1 } }, 'empty key'],
  ['an empty key within lists', [{ x: [{ '': 1 }] }], 'empty key'],
  ['a reserved key', { __a__: 1 }, 'two underscores'],
  ['a reserved key of two lines', { '__a\nb__': 1 }, 'two underscores'],
  ['__proto__', JSON.parse('{"__proto__": 1}'), 'two underscores'],
  ['a list in a list', { a: [[1]] }, 'list directly inside a list'],
  ['a long key', { ['k'.repeat(1_600)]: 1 }, '1500 bytes'],
  ['a long path', { ['k'.repeat(800)]: { ['k'.repeat(800)]: 1 } }, '1500 bytes'],
  ['an integer of 65 bits', { a: [9223372036854775809n] }, 'more than 64 bits'],
  ['a negative one', { a: -9223372036854775809n }, 'more than 64 bits'],
])('%s is refused with its own reason', (_what, value, reason) => {
  expect(whyNotStorable(value)).toContain(reason);
});

test('accepts what Firestore can hold', () => {
  expect(
    whyNotStorable({
      a: [{ b: [1] }, 'x', null, 9223372036854775807n, -9223372036854775808n],
      __a: 1,
      b__: { '.': 1, 'a/b': 2 },
    }),
  ).toBeUndefined();
});

test('accepts the document ids that Firestore accepts', () => {
  for (const id of ['a', '...', '__a', 'ü'.repeat(750)]) expect(isDocumentId(id)).toBe(true);
  for (const id of ['', '.', '..', '__x__', '__a\nb__', 'a/b', 'ü'.repeat(751)])
    expect(isDocumentId(id)).toBe(false);
});
