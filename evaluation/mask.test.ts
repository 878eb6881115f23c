import { expect, test } from 'bun:test';
import { Masker } from './mask.ts';

test.each([
  ['write to ada.lovelace+x@mail.example.org now', 'write to <email-1> now'],
  ['call +49 170 1234567 or 0170/12345678', 'call <phone-1> or <phone-2>'],
  ['see https://example.org/a?b=c.', 'see <url-1>'],
  ['DE89 3704 0044 0532 0130 00', '<iban-1>'],
  ['4111 1111 1111 1111', '<card-1>'],
  ['key AIzaSyA1234567890abcdefghijklmnopqrstu', 'key <token-1>'],
  ['from 10.1.2.3', 'from <address-1>'],
  [
    'on 2026-05-04T10:00:00.000Z the p95 was 900 ms, version 1.2.3',
    'on 2026-05-04T10:00:00.000Z the p95 was 900 ms, version 1.2.3',
  ],
])('%s', (text, masked) => {
  expect(new Masker().mask(text)).toBe(masked);
});

test('only the type of a file is kept', () => {
  const masker = new Masker();
  const part = { inlineData: { mimeType: 'image/png', data: 'c2VjcmV0', displayName: 'Ada.png' } };
  expect(masker.mask(part)).toEqual({ inlineData: { mimeType: 'image/png', data: 'bWFza2Vk' } } as never);
  expect(masker.counts.get('file')).toBe(1);
});

test('the same value has the same placeholder everywhere, in keys too, and custom rules are applied', () => {
  const masker = new Masker([{ name: 'person', pattern: /Ada|Grace/gu }]);
  expect(masker.mask({ Ada: ['Grace and Ada', 1, null, true] })).toEqual({
    '<person-1>': ['<person-2> and <person-1>', 1, null, true],
  } as never);
  expect(Object.fromEntries(masker.counts)).toEqual({ person: 3 });
});
