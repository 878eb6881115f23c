import { expect, test } from 'bun:test';
import { plain } from './plain.ts';

test('values that JSON cannot hold become what JSON.stringify makes of them', () => {
  const value = { a: 1, b: undefined, list: [1, undefined], map: new Map([[1, 2]]), f() {}, zero: -0 };
  expect(plain(value)).toEqual({ a: 1, list: [1, null], map: {}, zero: 0 });
  expect(plain({ at: new Date(0), bad: new Date(Number.NaN) })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    bad: null,
  });
  expect(plain(undefined)).toBeUndefined();
});

test('half a surrogate pair becomes U+FFFD, in keys too; whole pairs and escaped text are unchanged', () => {
  expect(plain({ 'a\uD83D': ['b\uDE00', '😀', String.raw`\ud83d`] })).toEqual({
    'a\uFFFD': ['b\uFFFD', '😀', String.raw`\ud83d`],
  });
});
