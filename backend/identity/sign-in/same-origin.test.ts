import { describe, expect, test } from 'bun:test';
import { isFromOwnPage, safeReturnPath } from './same-origin.ts';

const OWN = 'https://lornu.example';
const isOwn = (method: string, headers: Record<string, string> = {}) =>
  isFromOwnPage(new Request(OWN, { method, headers }), new Set([OWN]));

describe('a request with a cookie', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('that only reads passes without an origin: %s', (method) => {
    expect(isOwn(method)).toBe(true);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'that may change something names our origin: %s',
    (method) => {
      expect(isOwn(method, { origin: OWN })).toBe(true);
      expect(isOwn(method)).toBe(false);
      expect(isOwn(method, { origin: 'null' })).toBe(false);
      expect(isOwn(method, { origin: 'https://evil.example' })).toBe(false);
      expect(isOwn(method, { origin: `${OWN}.evil.example` })).toBe(false);
      expect(isOwn(method, { origin: 'http://lornu.example' })).toBe(false);
    },
  );

  test('that opens a WebSocket names our origin too', () => {
    expect(isOwn('GET', { upgrade: 'WebSocket' })).toBe(false);
    expect(isOwn('GET', { upgrade: 'websocket', origin: 'https://evil.example' })).toBe(false);
    expect(isOwn('GET', { upgrade: 'websocket', origin: OWN })).toBe(true);
  });
});

test.each([
  ['/chat?session=s1', '/chat?session=s1'],
  ['/', '/'],
  [undefined, '/'],
  ['chat', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example', '/'],
  ['https://lornu.example/chat', '/'],
  ['/auth/login', '/'],
  ['/auth/../auth/callback?code=x', '/'],
  ['/http://[', '/http://['],
  ['//[', '/'],
])('the path to return to after signing in: %j becomes %j', (given, path) => {
  expect(safeReturnPath(given, OWN)).toBe(path);
});
