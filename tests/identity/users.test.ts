import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { fixedSecret } from '../../backend/identity/secrets/secret.ts';
import { CookieJar } from '../../backend/identity/sign-in/cookies.ts';
import { PersonSession } from '../../backend/identity/sign-in/person-session.ts';
import { SealedCookie } from '../../backend/identity/sign-in/sealed-cookie.ts';
import { json } from '../../backend/testing/test-app.ts';
import { createAuthority } from './certificates.ts';
import {
  bearer,
  claims,
  createGuardedApp,
  createSigner,
  type GuardedApp,
  PEER,
  sign,
  type Signer,
  turn,
  withHeaders,
} from './kit.ts';

const SESSION_KEY = 'a-test-key-for-cookies-of-32-characters';
const PUBLIC_URL = 'https://lornu.example';

const PEOPLE = {
  OIDC_CLIENT_ID: 'web',
  OIDC_CLIENT_SECRET: 'x',
  OIDC_ALLOWED_DOMAINS: 'lornu.ai',
  SESSION_KEY,
  LORNU_PUBLIC_URL: PUBLIC_URL,
  LORNU_ALLOW_ORIGINS: PUBLIC_URL,
};

let signer: Signer;
let app: GuardedApp;
let ada: Record<string, string>;

beforeAll(async () => {
  signer = await createSigner('k1');
});

beforeEach(async () => {
  app = createGuardedApp([signer.publicJwk], PEOPLE);
  ada = await cookieOf('ada');
  for (const userId of ['ada', 'ben']) {
    await app.addSession(userId, 's1');
  }
});

/** A signed-in person's cookie, sealed as the service does. */
async function cookieOf(subject: string, domain = 'lornu.ai'): Promise<Record<string, string>> {
  const sealed = new SealedCookie({
    keys: fixedSecret(SESSION_KEY),
    purpose: 'session',
    now: () => app.clock.nowMs,
  });
  const session = new PersonSession({
    cookies: new CookieJar(PUBLIC_URL),
    sealed,
    allowed: { domains: [domain], emails: [] },
  });
  const cookie = await session.start({
    iss: 'https://accounts.google.com',
    sub: subject,
    email: `${subject}@${domain}`,
    email_verified: true,
    hd: domain,
  });
  return { cookie: cookie?.split(';')[0] ?? '', origin: PUBLIC_URL };
}

/** Status, headers about the failure, and the body. */
async function answerOf(path: string, init: RequestInit = {}) {
  const response = await app.request(path, withHeaders(init, ada));
  return {
    status: response.status,
    code: response.headers.get('x-error-code'),
    body: (await response.text()).replaceAll('ben', '<user>').replaceAll('nobody-here', '<user>'),
  };
}

const inPath = (userId: string) => `/apps/lornu/users/${userId}/sessions`;

describe('what belongs to another person', () => {
  const calls: [string, (userId: string) => Promise<Awaited<ReturnType<typeof answerOf>>>, number][] = [
    ['a session', (user) => answerOf(`${inPath(user)}/s1`), 404],
    ['a list of sessions', (user) => answerOf(inPath(user)), 200],
    [
      'a change of state',
      (user) => answerOf(`${inPath(user)}/s1`, json({ stateDelta: { a: 1 } }, 'PATCH')),
      404,
    ],
    ['a deletion', (user) => answerOf(`${inPath(user)}/s1`, { method: 'DELETE' }), 200],
    ['a turn', (user) => answerOf('/run', turn(user, 's1')), 404],
    ['a streamed turn', (user) => answerOf('/run_sse', turn(user, 's1')), 404],
    [
      'a turn in snake case',
      (user) =>
        answerOf(
          '/run',
          json({
            app_name: 'lornu',
            user_id: user,
            session_id: 's1',
            new_message: { role: 'user', parts: [{ text: 'hi' }] },
          }),
        ),
      404,
    ],
    [
      'a cancellation',
      (user) => answerOf(`/api/v1${inPath(user)}/s1/runs/run-1/cancel`, { method: 'POST' }),
      404,
    ],
    ['a list of runs', (user) => answerOf(`/api/v1${inPath(user)}/s1/runs`), 200],
    ['a run to attach to', (user) => answerOf(`/api/v1${inPath(user)}/s1/runs/run-1`), 404],
    [
      'a rewind',
      (user) => answerOf(`/api/v1${inPath(user)}/s1/rewind`, json({ rewindBeforeInvocationId: 'e-1' })),
      404,
    ],
    ['a copy', (user) => answerOf(`/api/v1${inPath(user)}/s1/copy`, json({})), 404],
    ['a search', (user) => answerOf(`/api/v1/apps/lornu/users/${user}/search`, json({ q: 'a' })), 200],
    ['a link', (user) => answerOf(`/api/v1${inPath(user)}/s1/share`, { method: 'POST' }), 404],
    ['the end of a link', (user) => answerOf(`/api/v1${inPath(user)}/s1/share`, { method: 'DELETE' }), 404],
    ['a list of artifacts', (user) => answerOf(`${inPath(user)}/s1/artifacts`), 200],
    ['an artifact', (user) => answerOf(`${inPath(user)}/s1/artifacts/a.txt`), 404],
    ["an artifact's versions", (user) => answerOf(`${inPath(user)}/s1/artifacts/a.txt/versions`), 200],
    ['an artifact to download', (user) => answerOf(`/api/v1${inPath(user)}/s1/artifacts/a.txt`), 404],
    [
      'a deletion of an artifact',
      (user) => answerOf(`${inPath(user)}/s1/artifacts/a.txt`, { method: 'DELETE' }),
      200,
    ],
    [
      'memory',
      (user) => answerOf(`/apps/lornu/users/${user}/memory`, json({ sessionId: 's1' }, 'PATCH')),
      404,
    ],
    ['a path with a trailing slash', (user) => answerOf(`${inPath(user)}/s1/`), 307],
  ];

  test.each(calls)('is answered as if it did not exist: %s', async (_what, call, status) => {
    const foreign = await call('ben');
    expect(foreign.status).toBe(status);
    expect(foreign).toEqual(await call('nobody-here'));
    expect(app.runs.started).toEqual([]);
  });

  test('is unchanged', async () => {
    for (const [, call] of calls) await call('ben');
    const session = await app.services.sessions.getSession({
      appName: 'lornu',
      userId: 'ben',
      sessionId: 's1',
    });
    expect(session).toMatchObject({ id: 's1', userId: 'ben', state: {}, events: [] });
  });

  test('an encoded, doubled or differently spelled user id finds nobody either', async () => {
    for (const user of ['%62en', 'BEN', 'ben%20', 'ada%2F..%2Fben', './ben', 'ada/../ben']) {
      const response = await app.request(`${inPath(user)}/s1`, { headers: ada });
      expect([200, 404]).toContain(response.status);
      if (response.status === 200) expect(await response.json()).toMatchObject({ userId: 'ada' });
    }
  });

  test('nothing is created under another user id', async () => {
    const answers = [
      await answerOf(inPath('ben'), json({ sessionId: 's2' })),
      await answerOf(`${inPath('ben')}/s3`, json({})),
      await answerOf(`${inPath('ben')}/s1/artifacts`, json({ filename: 'a.txt', artifact: { text: 'x' } })),
    ];
    for (const answer of answers) {
      expect(answer).toEqual({
        status: 403,
        code: 'CALLER_NOT_ALLOWED',
        body: '{"detail":"The user id is not yours"}',
      });
    }
    const { sessions } = await app.services.sessions.listSummaries({ appName: 'lornu', userId: 'ben' });
    expect(sessions.map(({ id }) => id)).toEqual(['s1']);
  });
});

describe('a session shared by another person', () => {
  test('is read through the link only, by signed-in people, and changed by nobody', async () => {
    const ben = await cookieOf('ben');
    const share = await app.request(`/api/v1${inPath('ben')}/s1/share`, withHeaders({ method: 'POST' }, ben));
    const { secret } = (await share.json()) as { secret: string };
    const shared = '/api/v1/shared/lornu/ben/s1';
    const link = (given: string, method = 'GET') => ({ method, headers: { 'x-share-secret': given } });
    expect((await answerOf(shared, link(secret))).status).toBe(200);
    expect((await answerOf(shared, link(secret.slice(1)))).status).toBe(404);
    expect((await answerOf(shared)).status).toBe(404);
    expect((await app.request(shared, link(secret))).status).toBe(401);
    for (const method of ['POST', 'PATCH', 'DELETE'])
      expect([method, (await answerOf(shared, link(secret, method))).status]).toEqual([method, 405]);
    expect((await answerOf(`${inPath('ben')}/s1`)).status).toBe(404);
  });
});

describe("the caller's own data", () => {
  test('can be read, listed, changed, run, created and deleted', async () => {
    expect((await answerOf(`${inPath('ada')}/s1`)).status).toBe(200);
    expect((await answerOf(inPath('ada'))).body).toContain('"id":"s1"');
    expect((await answerOf(`${inPath('ada')}/s1`, json({ stateDelta: { a: 1 } }, 'PATCH'))).status).toBe(200);
    expect((await answerOf('/run', turn('ada', 's1'))).status).toBe(200);
    expect((await answerOf(inPath('ada'), json({ sessionId: 's2' }))).status).toBe(200);
    expect((await answerOf(`${inPath('ada')}/s2`, { method: 'DELETE' })).status).toBe(200);
    expect(app.runs.started.map(({ userId }) => userId)).toEqual(['ada']);
  });
});

describe('machines', () => {
  const call = async (email: string, path: string, init: RequestInit = {}) =>
    app.request(path, withHeaders(init, bearer(await sign(signer, claims(app.clock.nowMs, { email })))));

  test('a service acts for any user', async () => {
    const service = 'service@lornu.iam.gserviceaccount.com';
    expect((await call(service, `${inPath('ben')}/s1`)).status).toBe(200);
    expect((await call(service, '/run', turn('ben', 's1'))).status).toBe(200);
    expect((await call(service, inPath('cid'), json({}))).status).toBe(200);
    expect(app.runs.started.map(({ userId }) => userId)).toEqual(['ben']);
  });

  test('a peer speaks A2A and nothing else', async () => {
    for (const path of [
      `${inPath('ben')}/s1`,
      inPath(`peer:${PEER}`),
      '/list-apps',
      '/api/v1/me',
      '/a2ax',
      '/',
    ]) {
      const response = await call(PEER, path);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        403,
        { detail: 'This caller is not allowed to do that' },
      ]);
    }
    // Admitted, but nothing was found there.
    expect((await call(PEER, '/a2a/no-such-app')).status).toBe(404);
    expect((await call(PEER, '/a2a')).status).toBe(404);
    expect(app.runs.started).toEqual([]);
  });

  test('are refused if no list names them, however good their token is', async () => {
    app = createGuardedApp([signer.publicJwk], { ...PEOPLE, A2A_ALLOWED_EMAILS: '', A2A_SERVICE_EMAILS: '' });
    const response = await call(PEER, '/list-apps');
    expect([response.status, response.headers.get('x-error-code')]).toEqual([401, 'TOKEN_REFUSED']);
    expect(app.asked).toEqual([]);
  });

  test('a person may not use A2A', async () => {
    expect((await answerOf('/a2a/no-such-app')).status).toBe(403);
  });
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
    expect((await app.request(inPath('ada'), { headers: { cookie } })).status).toBe(200);
  });

  test('our own page passes, on WebSocket too', async () => {
    expect((await app.request('/run', turn('ada', 's1', ada))).status).toBe(200);
    const socket = await app.request('/run_live?app_name=lornu&user_id=ada&session_id=s1', {
      headers: { ...ada, ...upgrade },
    });
    expect([101, 404]).toContain(socket.status);
  });
});

describe('state of the whole app', () => {
  const banner = { 'app:banner': 'hello' };
  const tries: [string, () => Promise<Awaited<ReturnType<typeof answerOf>>>][] = [
    ['a new session', () => answerOf(inPath('ada'), json({ state: banner }))],
    ['a new session under an id', () => answerOf(`${inPath('ada')}/s9`, json(banner))],
    ['a change of state', () => answerOf(`${inPath('ada')}/s1`, json({ stateDelta: banner }, 'PATCH'))],
    ...(['/run', '/run_sse'] as const).map(
      (path): [string, () => Promise<Awaited<ReturnType<typeof answerOf>>>] => [
        path,
        () =>
          answerOf(
            path,
            json({ appName: 'lornu', userId: 'ada', sessionId: 's1', stateDelta: banner, newMessage: {} }),
          ),
      ],
    ),
  ];

  test.each(tries)('is not changed by a person: %s', async (_name, send) => {
    expect(await send()).toMatchObject({
      status: 403,
      code: 'CALLER_NOT_ALLOWED',
      body: expect.stringContaining('app:banner is state of the whole app'),
    });
    expect(app.runs.started).toEqual([]);
    const seen = await app.services.sessions.getSession({ appName: 'lornu', userId: 'ben', sessionId: 's1' });
    expect(seen?.state).toEqual({});
  });

  test('a person changes their own state, a service changes all of it', async () => {
    const own = { 'user:name': 'Ada', mood: 'good' };
    expect(await answerOf(`${inPath('ada')}/s1`, json({ stateDelta: own }, 'PATCH'))).toMatchObject({
      status: 200,
    });
    const token = bearer(await sign(signer, claims(app.clock.nowMs)));
    const change = json({ stateDelta: banner }, 'PATCH');
    expect((await app.request(`${inPath('ada')}/s1`, withHeaders(change, token))).status).toBe(200);
    const seen = await app.services.sessions.getSession({ appName: 'lornu', userId: 'ben', sessionId: 's1' });
    expect(seen?.state).toEqual(banner);
  });

  test('unless the configuration opens it for that app', async () => {
    app = createGuardedApp([signer.publicJwk], { ...PEOPLE, LORNU_APP_STATE_FROM_PEOPLE: 'other,lornu' });
    ada = await cookieOf('ada');
    expect(await answerOf(inPath('ada'), json({ state: banner }))).toMatchObject({ status: 200 });
  });
});

describe('a cookie', () => {
  test('does not make up for a bad token', async () => {
    const response = await app.request(inPath('ada'), { headers: { ...ada, ...bearer('not-a-token') } });
    expect(response.status).toBe(401);
  });

  test('of a person who was removed from the list is refused', async () => {
    const headers = await cookieOf('ada', 'former.example');
    expect((await app.request(inPath('ada'), { headers })).status).toBe(401);
  });

  test('expires after eight hours', async () => {
    app.clock.nowMs += 8 * 3_600_000 - 1_000;
    expect((await answerOf(inPath('ada'))).status).toBe(200);
    app.clock.nowMs += 2_000;
    expect((await answerOf(inPath('ada'))).status).toBe(401);
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
      expect((await app.request(inPath('ada'), { headers: { cookie: `${name}=${attempt}` } })).status).toBe(
        401,
      );
    }
    // Without the prefix, as another host of the domain could set it.
    expect((await app.request(inPath('ada'), { headers: { cookie: `lornu_session=${value}` } })).status).toBe(
      401,
    );
  });
});
