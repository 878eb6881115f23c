import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { createTestApp } from '../testing/test-app.ts';
import { requestTarget } from './request-target.ts';

test.each([
  ['http://h/a/b?c=d?e#f', '/a/b', '?c=d?e'],
  ['http://h/a#f?c=d', '/a', ''],
  ['http://h', '/', ''],
  // Bun's URL for a request with an invalid Host.
  ['/a//b?c', '/a//b', '?c'],
])('the target of %j', (url, path, search) => {
  expect(requestTarget(url)).toEqual({ path, search });
});

describe('the Host header', () => {
  const statusOf = async (host: string, path = '/list-apps') => {
    const { fetch } = createTestApp({ LORNU_ALLOW_ORIGINS: '*' });
    const headers = { host, accept: 'text/html' };
    const request = new Request('http://127.0.0.1/', { headers });
    Object.defineProperty(request, 'url', {
      value: URL.canParse(`http://${host}${path}`) ? `http://${host}${path}` : path,
    });
    return (await fetch(request)).status;
  };

  test.each(['example.org', 'EXAMPLE.org:8080', '10.0.0.7:80', '[::1]:8080', 'lornu_agent:8080'])(
    '%j is taken',
    async (host) => expect(await statusOf(host)).toBe(200),
  );

  test.each([
    '1.2.3.4.5',
    '256.256.256.256',
    'a:b',
    '[',
    '127.0.0.1#',
    '127.0.0.1/health?',
    'u@h',
    '',
    'a, b',
    '[::1',
    'h:99999',
    '%41',
  ])('%j is refused by every route with 400', async (host) => {
    for (const path of ['/list-apps', '/health', '/nothing/', '/a2a/lornu', '/chat'])
      expect([path, await statusOf(host, path)]).toEqual([path, 400]);
  });
});

test('an A2A path that is spelled with escapes is not there', async () => {
  const { request } = createTestApp();
  for (const path of [
    '/a2a%2flornu/tasks',
    '/%61%32a/lornu/tasks',
    '/a2a%2Flornu/.well-known/agent-card.json',
  ])
    expect((await request(path)).status).toBe(404);
});

/** Files that parse URLs of the configuration or of constants, which are validated when they are read. */
const OF_CONFIGURATION = [
  'identity/callers.ts',
  'identity/google/service-account-key.ts',
  'identity/sign-in/oidc-client.ts',
  'identity/sign-in/same-origin.ts',
  'peer/peer-address.ts',
  'sqlite/checkpointer.ts',
];

test('no other file calls `new URL`, which throws for invalid input of a caller: use URL.parse', async () => {
  const backend = join(import.meta.dir, '..');
  const found: string[] = [];
  for await (const file of new Bun.Glob('**/*.ts').scan({ cwd: backend })) {
    if (/node_modules|\.test\.ts$|^config\/|^testing\//.test(file)) continue;
    const text = await Bun.file(join(backend, file)).text();
    const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, '');
    if (code.includes('new URL(')) found.push(file);
  }
  expect(found.toSorted()).toEqual(OF_CONFIGURATION);
});
