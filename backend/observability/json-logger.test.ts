import { expect, test } from 'bun:test';
import { createJsonLogger } from './json-logger.ts';

function logger(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = createJsonLogger({ level, now: () => 0, write: (line) => lines.push(line) });
  return { log, lines };
}

test('a line is one JSON object with time, level, message and the fields of all its ancestors', () => {
  const { log, lines } = logger();
  log.with({ requestId: 'r1' }).with({ runId: 'x' }).warn('slow', { ms: 5 });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"slow","requestId":"r1","runId":"x","ms":5}\n',
  ]);
});

test('messages below the level are not written', () => {
  const { log, lines } = logger();
  log.debug('quiet');
  expect(lines).toEqual([]);
});

test.each([
  [{ authorization: 'Basic dXNlcjpwYXNz' }, 'dXNlcjpwYXNz'],
  [{ headers: { Cookie: 'session=abc' } }, 'session=abc'],
  [{ config: { apiKey: 'plain-key' } }, 'plain-key'],
  [{ url: 'https://x.example/v1?key=abc123&alt=sse' }, 'abc123'],
  [{ text: 'sent AIzaSyA1234567890abcdefghijklmnopqrstu' }, 'AIzaSyA'],
  [{ text: 'Authorization: Bearer ya29.abcdefghijk' }, 'ya29'],
  [{ text: 'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl' }, 'eyJzdWIi'],
  [{ text: 'AKIAIOSFODNN7EXAMPLE' }, 'AKIAIOS'],
  [{ text: 'ASIAIOSFODNN7EXAMPLE' }, 'ASIAIOS'],
  [{ url: '/callback?access_token=abc123' }, 'abc123'],
  [{ url: '/x?a=1&API_KEY=abc123' }, 'abc123'],
  [{ text: 'authorization: bearer ya29.abcdefghijk' }, 'ya29'],
  [{ error: new Error('-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----') }, 'MIIEvQ'],
  [{ error: new Error('outer', { cause: new Error('Bearer abcdefghijkl') }) }, 'abcdefghijkl'],
])('the secret in %j does not reach the log', (fields, secret) => {
  const { log, lines } = logger();
  log.info('message', fields);
  expect(lines[0]).toContain('***');
  expect(lines[0]).not.toContain(secret);
});

test('an error is printed with its stack and cause; a cycle does not make a log call fail', () => {
  const { log, lines } = logger();
  log.error('failed', { error: new Error('outer', { cause: new TypeError('inner') }) });
  expect(lines[0]).toContain('json-logger.test.ts');
  expect(lines[0]).toContain('"message":"inner"');
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  log.info('odd', cycle);
  expect(lines[1]).toContain('"message":"odd"');
});
