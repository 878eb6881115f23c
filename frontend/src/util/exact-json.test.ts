import { expect, test } from 'bun:test';
import { parseExactly } from './exact-json.ts';

test('a long integer is shown and sent with its original digits', () => {
  const text =
    '{"id":1234567890123456789,"list":[-9007199254740993],"text":":9007199254740993","time":1764405813.123456}';
  expect(JSON.stringify(parseExactly(text))).toBe(text);
});

test('everything else is read as by JSON.parse', () => {
  const text = '{"n":12,"x":1.5,"a":[null,true,"1234567890123456"]}';
  expect(parseExactly(text)).toEqual(JSON.parse(text));
});
