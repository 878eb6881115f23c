import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'bun:test';
import { createAuthority } from './certificates.ts';
import { bearer, createGuardedApp, createSigner, type GuardedApp, turn } from './kit.ts';
import { cookieOf, PEOPLE, PUBLIC_URL, serveAdaAndBen, sessionsOf } from './people.ts';

let app: GuardedApp;
let ada: Record<string, string>;

const signer = await createSigner('k1');
beforeEach(async () => {
  ({ app, ada } = await serveAdaAndBen(signer));
});

describe('without credentials', () => {
  test('only open routes answer', async () => {
    const status = async (path: string) => (await app.request(path)).status;
    for (const path of ['/health', '/version']) expect([path, await status(path)]).toEqual([path, 200]);
    const guarded = [
      '/',
      '/list-apps',
      '/openapi.json',
      '/docs',
      '/api/v1/me',
      '/health/',
      '/health/x',
      '//health',
      '/auth/login/x',
      '/apps/lornu/users/ada/sessions',
      '/a2a/lornu',
      '/no-such-route',
      '/index.html',
      '/.well-known/other',
    ];
    for (const path of guarded) expect([path, await status(path)]).toEqual([path, 401]);
  });

  test('a browser that opens the page is sent to sign in, and returns to the same page', async () => {
    const response = await app.request('/chat?session=s1', { headers: { accept: 'text/html,*/*' } });
    expect([response.status, response.headers.get('location')]).toEqual([
      302,
      '/auth/login?returnTo=%2Fchat%3Fsession%3Ds1',
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('the page’s place is kept by a page of its own; whoever is no browser goes to the issuer at once', async () => {
    const accept = { headers: { accept: 'text/html' } };
    const location = (await app.request('/', accept)).headers.get('location') ?? '';
    expect(location).toBe('/auth/login?returnTo=%2F&keep');
    const page = await app.request(location, accept);
    const policy = page.headers.get('content-security-policy') ?? '';
    const script = /<script>([^<]*)<\/script>/.exec(await page.text())?.[1] ?? '';
    expect([page.status, page.headers.getSetCookie()]).toEqual([200, []]);
    expect(script).toContain('sessionStorage');
    expect(policy).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect((await app.request(location)).status).not.toBe(200);
    // Its script goes on to the same address without `keep`, which must not answer with that page again.
    expect((await app.request('/auth/login?returnTo=%2F', accept)).status).not.toBe(200);
  });

  test('only a page load of a browser is sent there', async () => {
    const html = { accept: 'text/html' };
    const others: RequestInit[] = [
      { headers: { accept: 'application/json' } },
      { headers: html, method: 'POST' },
      { headers: { ...html, ...bearer('not-a-token') } },
    ];
    for (const init of others) expect((await app.request('/chat', init)).status).toBe(401);
    const stranger = await createAuthority('peers').then((authority) =>
      authority.issue({ names: [{ type: 'dns', value: 'stranger.example' }] }),
    );
    const refused = createGuardedApp([signer.publicJwk], {
      ...PEOPLE,
      A2A_MUTUAL_TLS: 'alb',
      A2A_ALLOWED_CERTIFICATES: 'DNS:peer.example=peer',
    });
    const certificate = {
      'x-amzn-mtls-clientcert-leaf': encodeURIComponent(stranger.certificate),
      'x-forwarded-port': '8443',
    };
    expect((await refused.request('/chat', { headers: { ...html, ...certificate } })).status).toBe(401);
  });

  test('nobody is sent to sign in if sign-in is off', async () => {
    const machines = createGuardedApp([signer.publicJwk], { LORNU_PUBLIC_URL: PUBLIC_URL });
    expect((await machines.request('/', { headers: { accept: 'text/html' } })).status).toBe(401);
    expect((await machines.request('/auth/login')).status).toBe(404);
  });
});

describe('a request of another site with her cookie', () => {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  };

  test.each([
    ['names another origin', { origin: 'https://evil.example' }],
    ['names no origin', { origin: undefined }],
    ['has the origin null', { origin: 'null' }],
    ['names an origin that begins like ours', { origin: 'https://lornu.example.evil' }],
  ])('is refused when it %s', async (_what, change) => {
    const headers = Object.fromEntries(
      Object.entries({ ...ada, ...change }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    const posted = await app.request('/run', turn('ada', 's1', headers));
    expect(posted.status).toBe(403);
    const socket = await app.request('/run_live?app_name=lornu&user_id=ada&session_id=s1', {
      headers: { ...headers, ...upgrade },
    });
    expect(socket.status).toBe(403);
    expect(app.runs.started).toEqual([]);
  });

  test('may only read what it could read anyway: a plain GET needs no origin', async () => {
    const { cookie = '' } = ada;
    expect((await app.request(sessionsOf('ada'), { headers: { cookie } })).status).toBe(200);
  });

  test('our own page passes, on WebSocket too', async () => {
    expect((await app.request('/run', turn('ada', 's1', ada))).status).toBe(200);
    const socket = await app.request('/run_live?app_name=lornu&user_id=ada&session_id=s1', {
      headers: { ...ada, ...upgrade },
    });
    expect([101, 404]).toContain(socket.status);
  });
});

describe('a cookie', () => {
  test('does not make up for a bad token', async () => {
    const response = await app.request(sessionsOf('ada'), { headers: { ...ada, ...bearer('not-a-token') } });
    expect(response.status).toBe(401);
  });

  test('of a person who was removed from the list is refused', async () => {
    const headers = await cookieOf(app, 'ada', 'former.example');
    expect((await app.request(sessionsOf('ada'), { headers })).status).toBe(401);
  });

  test('expires after eight hours', async () => {
    app.clock.nowMs += 8 * 3_600_000 - 1_000;
    expect((await app.request(sessionsOf('ada'), { headers: ada })).status).toBe(200);
    app.clock.nowMs += 2_000;
    expect((await app.request(sessionsOf('ada'), { headers: ada })).status).toBe(401);
  });

  test('that was changed, cut or sealed by another key or for another use is refused', async () => {
    const [name, value = ''] = (ada['cookie'] ?? '').split('=');
    const parts = value.split('.');
    const changed = [
      `${value.slice(0, -4)}AAAA`,
      value.slice(0, -4),
      [parts[0], 'AAAA', ...parts.slice(2)].join('.'),
      'x',
      '',
    ];
    for (const attempt of changed) {
      expect(
        (await app.request(sessionsOf('ada'), { headers: { cookie: `${name}=${attempt}` } })).status,
      ).toBe(401);
    }
    // Without the prefix, as another host of the domain could set it.
    expect(
      (await app.request(sessionsOf('ada'), { headers: { cookie: `lornu_session=${value}` } })).status,
    ).toBe(401);
  });
});
