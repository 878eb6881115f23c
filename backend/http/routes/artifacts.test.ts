import { describe, expect, test } from 'bun:test';
import { createTestApp, json, type TestApp } from '../../testing/test-app.ts';

const SESSION = '/apps/lornu/users/ann/sessions/s1';
const ARTIFACTS = `${SESSION}/artifacts`;

async function save(
  { request }: TestApp,
  filename: string,
  artifact: unknown = { text: 'hello' },
  more: Record<string, unknown> = {},
): Promise<Response> {
  return request(ARTIFACTS, json({ filename, artifact, ...more }));
}

async function get({ request }: TestApp, path: string): Promise<unknown> {
  return (await request(`${SESSION}${path}`)).json();
}

describe('artifacts', () => {
  test('names may contain slashes, spaces and letters of any script', async () => {
    const app = createTestApp();
    for (const name of [
      'charts/2026/status.png',
      'ein Bericht.txt',
      'отчёт.txt',
      '100%.txt',
      'a?b#c',
      'A',
      'a',
    ]) {
      expect((await save(app, name, { text: name })).status).toBe(200);
      const path = name.split('/').map(encodeURIComponent).join('/');
      expect(await get(app, `/artifacts/${path}`)).toEqual({ text: name });
    }
    expect(await get(app, '/artifacts')).toEqual([
      '100%.txt',
      'A',
      'a',
      'a?b#c',
      'charts/2026/status.png',
      'ein Bericht.txt',
      'отчёт.txt',
    ]);
    expect(await get(app, '/artifacts/charts%2F2026%2Fstatus.png')).toEqual({
      text: 'charts/2026/status.png',
    });
  });

  test("an artifact named user:… is shared by all of the user's sessions, and by nobody else's", async () => {
    const app = createTestApp();
    await save(app, 'user:notes.txt');
    await save(app, 'own.txt');
    const names = async (user: string, session: string) =>
      (await app.request(`/apps/lornu/users/${user}/sessions/${session}/artifacts`)).json();
    expect(await names('ann', 's2')).toEqual(['user:notes.txt']);
    expect(await names('ann', 's1')).toEqual(['own.txt', 'user:notes.txt']);
    expect(await names('bob', 's1')).toEqual([]);
    expect((await app.request('/apps/lornu/users/bob/sessions/s1/artifacts/user:notes.txt')).status).toBe(
      404,
    );
  });

  test('deleting removes all versions, and only those of this name', async () => {
    const app = createTestApp();
    await save(app, 'a');
    await save(app, 'a');
    await save(app, 'a/b');
    await app.request(`${ARTIFACTS}/a`, { method: 'DELETE' });
    expect(await get(app, '/artifacts')).toEqual(['a/b']);
    expect(((await (await save(app, 'a')).json()) as { version: number }).version).toBe(0);
  });

  test('thirty concurrent saves get thirty versions, and none is lost', async () => {
    const app = createTestApp();
    const saved = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => save(app, 'a', { text: `text ${index}` })),
    );
    expect(saved.map((response) => response.status)).toEqual(Array.from({ length: 30 }, () => 200));
    expect(await get(app, '/artifacts/a/versions')).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  test('a reference is followed within its own scope and refused outside it', async () => {
    const app = createTestApp();
    await save(app, 'a.txt', { text: 'the text' });
    const uri = (user: string, session: string) =>
      `artifact://apps/lornu/users/${user}/sessions/${session}/artifacts/a.txt/versions/0`;
    const reference = (fileUri: string) => ({ fileData: { fileUri, mimeType: 'text/plain' } });
    expect((await save(app, 'ref', reference(uri('ann', 's1')))).status).toBe(200);
    expect(await get(app, '/artifacts/ref')).toEqual({ text: 'the text' });
    expect((await save(app, 'bad', reference(uri('bob', 's1')))).status).toBe(400);
    expect((await save(app, 'bad', reference(uri('ann', 's2')))).status).toBe(400);
    expect((await save(app, 'bad', reference('artifact://nonsense'))).status).toBe(400);
    expect(await get(app, '/artifacts')).toEqual(['a.txt', 'ref']);
    await save(app, 'link', reference('gs://bucket/file.pdf'));
    expect(await get(app, '/artifacts/link')).toEqual(reference('gs://bucket/file.pdf'));
  });
});

describe('what cannot be saved', () => {
  test.each([
    '',
    '   ',
    '../s2/a.txt',
    'a/../../b',
    '..',
    './a',
    '/etc/passwd',
    '../../bob/s1/a.txt',
    'user:../bob/a',
    'a\0b',
    'a\nb',
    'a\\b',
    'C:x',
    'a//b',
    'a/',
    'a/versions/1',
    'x'.repeat(300),
  ])('the name %j', async (filename) => {
    const app = createTestApp();
    const response = await save(app, filename);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).toStartWith(
      'Invalid artifact filename: it ',
    );
    expect(await get(app, '/artifacts')).toEqual([]);
  });

  test.each([
    [{}, 400],
    [{ functionCall: { name: 'f' } }, 400],
    [{ inlineData: { mimeType: 'image/png' } }, 400],
    [{ inlineData: { mimeType: 'text/html\r\nset-cookie: a=b', data: '' } }, 400],
    [{ fileData: { mimeType: 'image/png' } }, 400],
    [{ inlineData: { mimeType: 'image/png', data: '#' } }, 422],
    [{ text: 'a', unknown: 1 }, 422],
    ['text', 422],
    [undefined, 422],
  ])('the artifact %j: %d', async (artifact, status) => {
    const app = createTestApp();
    const response = await app.request(ARTIFACTS, json({ filename: 'a', artifact }));
    expect(response.status).toBe(status);
    expect(await get(app, '/artifacts')).toEqual([]);
  });

  test('an artifact over the limit', async () => {
    const app = createTestApp({ LORNU_MAX_UPLOAD_BYTES: '1000', LORNU_MAX_BODY_BYTES: '100000' });
    const bytes = (count: number) => ({
      inlineData: { mimeType: 'image/png', data: Buffer.alloc(count).toString('base64') },
    });
    expect((await save(app, 'a', bytes(1_000))).status).toBe(200);
    const over = await save(app, 'a', bytes(1_001));
    expect([over.status, over.headers.get('x-error-code')]).toEqual([413, 'ARTIFACT_TOO_LARGE']);
    expect(await get(app, '/artifacts/a/versions')).toEqual([0]);
    expect((await save(app, 'a', bytes(80_000))).headers.get('x-error-code')).toBe('BODY_TOO_LARGE');
  });

  test('in a session that a flat store cannot tell from the shared place', async () => {
    const { request } = createTestApp();
    const path = '/apps/lornu/users/ann/sessions/user/artifacts';
    const response = await request(path, json({ filename: 'a', artifact: { text: 'x' } }));
    expect(response.status).toBe(400);
  });
});

describe("an artifact's bytes", () => {
  const RAW = `/api/v1${ARTIFACTS}`;

  test.each([
    [{ text: '<b>' }, 'text/plain; charset=utf-8', 'inline'],
    [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, 'image/png', 'inline'],
    [{ inlineData: { mimeType: 'text/html', data: 'AAAA' } }, 'text/html', 'attachment'],
    [{ inlineData: { mimeType: 'image/svg+xml', data: 'AAAA' } }, 'image/svg+xml', 'attachment'],
    [
      { inlineData: { mimeType: 'application/xhtml+xml', data: 'AAAA' } },
      'application/xhtml+xml',
      'attachment',
    ],
    [{ inlineData: { mimeType: 'application/pdf', data: 'AAAA' } }, 'application/pdf', 'attachment'],
  ])('%j never becomes a document of our origin', async (artifact, type, disposition) => {
    const app = createTestApp();
    await save(app, 'dir/file "1".x', artifact);
    const response = await app.request(`${RAW}/dir/file%20%221%22.x`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `${disposition}; filename="file _1_.x"; filename*=UTF-8''file%20%221%22.x`,
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  test('a version may be cached, the latest may not; a reference has no bytes', async () => {
    const app = createTestApp();
    await save(app, 'a', { text: 'one' });
    await save(app, 'link', { fileData: { fileUri: 'gs://b/f', mimeType: 'image/png' } });
    const version = await app.request(`${RAW}/a?version=0`);
    expect([await version.text(), version.headers.get('cache-control')]).toEqual([
      'one',
      'private, max-age=31536000, immutable',
    ]);
    expect((await app.request(`${RAW}/a`)).headers.get('cache-control')).toBe('private, no-cache');
    expect((await app.request(`${RAW}/link`)).status).toBe(404);
    expect((await app.request(`${RAW}/none`)).status).toBe(404);
  });
});
