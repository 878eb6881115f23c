import { expect, test } from 'bun:test';
import { rawBase64, rawSize, setRawBase64 } from './raw-content.ts';

const rawOf = (base64: string) => {
  const content = { $case: 'raw' as const, value: Buffer.alloc(0) };
  setRawBase64(content, base64);
  return content;
};

test.each(['', 'AA', 'AA==', 'AAA', 'AAA=', 'AAAA', '-_-_', '+/+/AA', '-_-_AA=='])(
  'a file received as %p keeps its text, size and bytes',
  (base64) => {
    const bytes = Buffer.from(base64, 'base64');
    const content = rawOf(base64);
    expect([rawSize(content), rawBase64(content)]).toEqual([bytes.byteLength, bytes.toString('base64')]);
    expect(content.value).toEqual(bytes);
    expect(content.value).toBe(content.value);
  },
);

test('a part made from bytes reads like a received one', () => {
  const content = { $case: 'raw' as const, value: Buffer.from('abc') };
  expect([rawSize(content), rawBase64(content)]).toEqual([3, 'YWJj']);
});
