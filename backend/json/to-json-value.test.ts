import { describe, expect, test } from 'bun:test';
import { NotJsonError, toJsonValue } from './to-json-value.ts';

describe("a tool's value becomes the expected JSON", () => {
  test.each([
    ['a time', new Date('2026-11-29T08:00:00Z'), '2026-11-29T08:00:00.000Z'],
    ['no time', new Date(Number.NaN), null],
    ['an integer beyond 2^53', { id: 9007199254740993n }, { id: 9007199254740993n }],
    ['a Map', new Map([['a', new Map([[1, 'one']])]]), { a: [[1, 'one']] }],
    ['a Set', new Set([1, new Set(['x'])]), [1, ['x']]],
    ['an Error', { failed: new RangeError('too far') }, { failed: 'too far' }],
    [
      'bytes',
      { a: new Uint8Array([1, 2, 3]), b: Buffer.from('hi'), c: new ArrayBuffer(2) },
      { a: 'AQID', b: 'aGk=', c: 'AAA=' },
    ],
    ['numbers in a row', new Float64Array([1.5, 2]), [1.5, 2]],
    ['what JSON leaves out', { a: undefined, b: () => 1, c: [undefined] }, { c: [null] }],
    ['numbers that JSON lacks', [Number.NaN, Infinity, -Infinity], ['NaN', 'Infinity', '-Infinity']],
    ['lone surrogates', { 'a\ud800': ['\udc00', '😀'] }, { 'a\ufffd': ['\ufffd', '😀'] }],
    ['what says its own JSON', { url: new URL('https://a.example/') }, { url: 'https://a.example/' }],
    ['boxed values', [new Number(1), new String('a'), Object(2n)], [1, 'a', 2n]],
    ['nothing', undefined, null],
  ])('%s', (_name, value, expected) => {
    expect(toJsonValue(value)).toEqual(expected);
  });

  test('an object that appears twice is not a cycle', () => {
    const shared = { a: 1 };
    expect(toJsonValue([shared, shared])).toEqual([shared, shared]);
  });
});

test('a value that cannot be stored is reported with its place', () => {
  const circle: Record<string, unknown> = { name: 'x' };
  circle['list'] = [circle];
  expect(() => toJsonValue(circle)).toThrow(new NotJsonError('list[0] refers to itself'));
  const thrower = {
    get a(): never {
      throw new Error('no such row');
    },
  };
  expect(() => toJsonValue({ row: thrower })).toThrow(new NotJsonError('row cannot be read: no such row'));
  let deep: unknown = 1;
  for (let depth = 0; depth < 70; depth++) deep = [deep];
  expect(() => toJsonValue(deep)).toThrow(new NotJsonError('it is nested more than 64 deep'));
});
