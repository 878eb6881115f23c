import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestApp } from '../../testing/test-app.ts';

const script = `console.log(${JSON.stringify('x'.repeat(5_000))});`;

const dir = await mkdtemp(join(tmpdir(), 'page-'));
await mkdir(join(dir, 'page/assets'), { recursive: true });
await writeFile(join(dir, 'secret.txt'), 'secret');
await writeFile(join(dir, 'page/index.html'), '<!doctype html><title>Lornu</title>');
await writeFile(join(dir, 'page/assets/index-kygjww09.js'), script);
await writeFile(join(dir, 'page/.env'), 'KEY=1');
await symlink(join(dir, 'secret.txt'), join(dir, 'page/link.txt'));
const served = { LORNU_PAGE_DIR: join(dir, 'page') };
afterAll(() => rm(dir, { recursive: true }));

describe('the page', () => {
  test('index.html is revalidated each time, with a policy that only runs its own files', async () => {
    const response = await createTestApp(served).request('/');
    expect([response.status, await response.text()]).toEqual([200, '<!doctype html><title>Lornu</title>']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining("script-src 'self';"),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    });
  });

  test('hashed files are cached for ever and compressed if the client accepts it', async () => {
    const { request } = createTestApp(served);
    const path = '/assets/index-kygjww09.js';
    const br = await request(path, { headers: { 'accept-encoding': 'gzip, br;q=0.9' } });
    expect(br.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(br.headers.get('content-encoding')).toBe('br');
    expect((await br.arrayBuffer()).byteLength).toBeLessThan(200);
    const refused = await request(path, { headers: { 'accept-encoding': 'br;q=0, gzip' } });
    expect(refused.headers.get('content-encoding')).toBe('gzip');
    expect(Bun.gunzipSync(await refused.arrayBuffer()).byteLength).toBe(script.length);
    expect(await (await request(path)).text()).toBe(script);
  });

  test('a known ETag is answered 304 without a body', async () => {
    const { request } = createTestApp(served);
    const etag = (await request('/')).headers.get('etag') ?? '';
    const again = await request('/', { headers: { 'if-none-match': `W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await request('/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2f..%2fsecret.txt',
    '//etc/passwd',
    '/link.txt',
    '/.env',
    '/assets',
    '/assets/',
    '/index.html%00.js',
  ])('%s does not leave the folder', async (path) => {
    const response = await createTestApp(served).request(path);
    expect([response.status, await response.json()]).toEqual([404, { detail: 'Not Found' }]);
  });

  test('without a built page every path is 404', async () => {
    const nowhere = { LORNU_PAGE_DIR: join(dir, 'nowhere') };
    const response = await createTestApp(nowhere).request('/');
    expect([response.status, await response.json()]).toEqual([404, { detail: 'Not Found' }]);
  });
});
