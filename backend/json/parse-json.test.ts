import { describe, expect, spyOn, test } from 'bun:test';
import { parseJson } from './parse-json.ts';

describe('integers beyond 2^53', () => {
  const text =
    '{"id":1234567890123456789,"list":[9007199254740993,-9007199254740993,12345678901234567890123],"deep":{"n": 18446744073709551615}}';

  test('are printed as they were parsed', () => {
    expect(JSON.stringify(parseJson(text))).toBe(text.replace(': 1844', ':1844'));
  });

  test('survive clones and spreads', () => {
    const value = parseJson(text) as Record<string, unknown>;
    expect(JSON.stringify(structuredClone({ ...value }))).toBe(JSON.stringify(value));
  });

  test('become numbers only where a double is exact; fractions are always numbers', () => {
    const small =
      '[9007199254740991,1e300,0.12345678901234567,1234567890123456.5,1764405813.123456,10000000000000000E2]';
    expect(parseJson(small)).toEqual(JSON.parse(small));
  });

  test('inside strings stay text, with quotes and backslashes around them', () => {
    for (const inner of ['9007199254740993', ':9007199254740993', '\\",9007199254740993,\\"', '\\\\'])
      expect(parseJson(`{"a":"${inner}","b":9007199254740993}`)).toEqual({
        a: JSON.parse(`"${inner}"`) as string,
        b: 9007199254740993n,
      });
  });

  test('a text that is not JSON is refused as by JSON.parse', () => {
    for (const wrong of [
      '[0123456789012345678]',
      '[12345678901234567',
      '{"a":12345678901234567,}',
      '["12345678901234567',
    ])
      expect(() => parseJson(wrong)).toThrow(SyntaxError);
  });

  test('__proto__ is an ordinary key', () => {
    const value = parseJson('{"__proto__":9007199254740993}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":9007199254740993}');
  });
});

describe('a number beyond the range of a double', () => {
  test('is refused', () => {
    const digits = '1'.repeat(400);
    for (const number of ['1e999', '-1E+400', '123456789e305', '0.1e0999', `-${digits}.5`, '9'.repeat(5_000)])
      for (const text of [`{"a":{"b":${number}}}`, `[1, ${number}]`])
        expect(() => parseJson(text)).toThrow(RangeError);
  });

  test('is text inside a string, and a number within the range is accepted', () => {
    const text = '{"1e999":"1e999 -1E+400","largest":1.7976931348623157e308,"smallest":1e-999,"zero":0e999}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
});

describe('surrogates', () => {
  test('a lone one is replaced, in values and in keys', () => {
    expect(parseJson('{"a":"x\\ud800y","\\udc00":["\\uDBFF","\\ud83d\\u0041"]}')).toEqual({
      a: 'x\ufffdy',
      '\ufffd': ['\ufffd', '\ufffdA'],
    });
  });

  test('a pair is kept', () => {
    expect(parseJson('{"a":"\\ud83d\\ude00"}')).toEqual({ a: '😀' });
  });
});

test('a text without either is parsed once, and what comes of it is not walked', () => {
  const untouched = new Proxy({}, { ownKeys: fail, get: fail, getOwnPropertyDescriptor: fail });
  const parse = spyOn(JSON, 'parse').mockReturnValue(untouched);
  try {
    expect(parseJson('{"timestamp":1764405813.123456,"text":"words"}') === untouched).toBe(true);
    expect(parse).toHaveBeenCalledTimes(1);
    // The other texts are walked.
    expect(() => parseJson('{"id":9007199254740993}')).toThrow('walked');
  } finally {
    parse.mockRestore();
  }
});

function fail(): never {
  throw new Error('The value was walked');
}
