import { describe, expect, test } from 'bun:test';
import { toAllowedPerson } from './allowed-person.ts';

const GOOGLE = 'https://accounts.google.com';
const ALLOWED = { domains: ['lornu.ai'], emails: ['guest@example.org'] };
const ADA = {
  iss: GOOGLE,
  sub: '1',
  email: 'Ada@Lornu.ai',
  email_verified: true,
  hd: 'lornu.ai',
  name: 'Ada',
};

describe('who may sign in', () => {
  test('accounts of an allowed domain may, with their address in lower case', () => {
    expect(toAllowedPerson(ADA, ALLOWED)).toEqual({ subject: '1', email: 'ada@lornu.ai', name: 'Ada' });
  });

  test.each([
    ["a private Google account that carries the domain's address", { hd: undefined }],
    ['an account of another domain', { hd: 'elsewhere.example' }],
    ['a domain that ends like ours', { hd: 'evil-lornu.ai' }],
    ['an address that is not verified', { email_verified: false }],
    ['an address that is verified in words only', { email_verified: 'true' }],
    ['no address', { email: undefined }],
    ['no subject', { sub: '' }],
    ["a subject like a service's user id", { sub: 'service:agent@lornu.iam.gserviceaccount.com' }],
    ["a subject like a peer's user id", { sub: 'peer:agent@lornu.iam.gserviceaccount.com' }],
    ['a subject that OpenID Connect does not allow', { sub: 'x'.repeat(256) }],
    ['a subject with a line end', { sub: '1\n2' }],
    ['an address that is longer than addresses are', { email: `${'x'.repeat(250)}@lornu.ai` }],
    ['a domain that is no text', { hd: ['lornu.ai'] }],
    [
      "another issuer's account that names another domain in hd",
      { iss: 'https://other.example', hd: 'x.example' },
    ],
  ])('not %s', (_what, change) => {
    expect(toAllowedPerson({ ...ADA, ...change }, ALLOWED)).toBeUndefined();
  });

  test('long names are cut, but not inside a character', () => {
    const name = `x${'🛰'.repeat(20_000)}`;
    const kept = toAllowedPerson({ ...ADA, name }, ALLOWED)?.name ?? '';
    expect(kept).toBe(`x${'🛰'.repeat(49)}`);
    expect(kept.isWellFormed()).toBe(true);
  });

  test('at other issuers, which send no hd, the verified address decides', () => {
    const other = { ...ADA, iss: 'https://other.example', hd: undefined };
    expect(toAllowedPerson(other, ALLOWED)?.email).toBe('ada@lornu.ai');
    expect(toAllowedPerson({ ...other, email: 'a@lornu.ai.evil.example' }, ALLOWED)).toBeUndefined();
    expect(toAllowedPerson({ ...other, email: 'a@lornu.ai@evil.example' }, ALLOWED)).toBeUndefined();
  });

  test('single verified addresses on the list may', () => {
    const guest = { ...ADA, hd: undefined, email: 'Guest@Example.org' };
    expect(toAllowedPerson(guest, ALLOWED)?.email).toBe('guest@example.org');
    expect(toAllowedPerson({ ...guest, email_verified: false }, ALLOWED)).toBeUndefined();
  });
});
