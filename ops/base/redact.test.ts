import { describe, expect, test } from 'bun:test';
import { createRedactor, isSecretName } from './redact.ts';

describe('masking of secrets', () => {
  const redact = createRedactor({
    GEMINI_API_KEY: 'a-key-of-ours',
    SESSION_SECRET: 'a-key-of-ours-and-more',
    SHORT_TOKEN: 'abc',
    HOME: '/home/somebody',
  });

  test('replaces values of secret variables everywhere, the longest first', () => {
    expect(redact('x a-key-of-ours-and-more y a-key-of-ours z')).toBe('x [secret] y [secret] z');
  });

  test('keeps other values, and values too short to be secrets', () => {
    expect(redact('abc in /home/somebody')).toBe('abc in /home/somebody');
  });

  const shaped: [string, string][] = [
    ['a Google API key', `AIza${'x'.repeat(35)}`],
    ['an AWS access key id', `AKIA${'ABCD'.repeat(4)}`],
    ['an access token of Google', `ya29.${'a0'.repeat(20)}`],
    ['a JWT', `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`],
    ['a private key', ['-----BEGIN ', 'PRIVATE KEY-----\nMIIE\n-----END ', 'PRIVATE KEY-----'].join('')],
  ];
  for (const [what, text] of shaped) {
    test(`masks ${what} that is in no variable`, () => {
      expect(redact(`before ${text} after`)).toBe('before [secret] after');
    });
  }

  test('recognises a secret by its name', () => {
    expect(['GEMINI_API_KEY', 'X_TOKEN', 'DB_PASSWORD', 'PORT', 'KEYBOARD'].map(isSecretName)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
