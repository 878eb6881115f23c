import { beforeEach, describe, expect, test } from 'bun:test';
import { json } from '../../backend/testing/test-app.ts';
import {
  bearer,
  claims,
  createGuardedApp,
  createSigner,
  type GuardedApp,
  PEER,
  SERVICE,
  sign,
  turn,
  withHeaders,
} from './kit.ts';
import { cookieOf, PEOPLE, serveAdaAndBen, sessionsOf } from './people.ts';

let app: GuardedApp;
let ada: Record<string, string>;

const signer = await createSigner('k1');
beforeEach(async () => {
  ({ app, ada } = await serveAdaAndBen(signer));
});

/** Status, headers about the failure, and the body. */
async function answerOf(path: string, init: RequestInit = {}) {
  const response = await app.request(path, withHeaders(init, ada));
  return {
    status: response.status,
    code: response.headers.get('x-error-code'),
    body: (await response.text()).replaceAll('ben', '<user>').replaceAll('nobody-here', '<user>'),
  };
}

describe('what belongs to another person', () => {
  const S = sessionsOf('{user}');
  const calls: [
    what: string,
    path: string,
    init: RequestInit | ((user: string) => RequestInit),
    status: number,
  ][] = [
    ['a session', `${S}/s1`, {}, 404],
    ['a list of sessions', S, {}, 200],
    ['a change of state', `${S}/s1`, json({ stateDelta: { a: 1 } }, 'PATCH'), 404],
    ['a deletion', `${S}/s1`, { method: 'DELETE' }, 200],
    ['a turn', '/run', (user) => turn(user, 's1'), 404],
    ['a streamed turn', '/run_sse', (user) => turn(user, 's1'), 404],
    [
      'a turn in snake case',
      '/run',
      (user) => {
        const new_message = { role: 'user', parts: [{ text: 'hi' }] };
        return json({ app_name: 'lornu', user_id: user, session_id: 's1', new_message });
      },
      404,
    ],
    ['a cancellation', `/api/v1${S}/s1/runs/run-1/cancel`, { method: 'POST' }, 404],
    ['a list of runs', `/api/v1${S}/s1/runs`, {}, 200],
    ['a run to attach to', `/api/v1${S}/s1/runs/run-1`, {}, 404],
    ['a rewind', `/api/v1${S}/s1/rewind`, json({ rewindBeforeInvocationId: 'e-1' }), 404],
    ['a copy', `/api/v1${S}/s1/copy`, json({}), 404],
    ['a search', '/api/v1/apps/lornu/users/{user}/search', json({ q: 'a' }), 200],
    ['a link', `/api/v1${S}/s1/share`, { method: 'POST' }, 404],
    ['the end of a link', `/api/v1${S}/s1/share`, { method: 'DELETE' }, 404],
    ['a list of artifacts', `${S}/s1/artifacts`, {}, 200],
    ['an artifact', `${S}/s1/artifacts/a.txt`, {}, 404],
    ["an artifact's versions", `${S}/s1/artifacts/a.txt/versions`, {}, 200],
    ['an artifact to download', `/api/v1${S}/s1/artifacts/a.txt`, {}, 404],
    ['a deletion of an artifact', `${S}/s1/artifacts/a.txt`, { method: 'DELETE' }, 200],
    ['memory', '/apps/lornu/users/{user}/memory', json({ sessionId: 's1' }, 'PATCH'), 404],
    ['a path with a trailing slash', `${S}/s1/`, {}, 307],
  ];
  const callAs = async (user: string, path: string, init: (typeof calls)[number][2]) =>
    answerOf(path.replace('{user}', user), typeof init === 'function' ? init(user) : init);

  test.each(calls)('is answered as if it did not exist: %s', async (_what, path, init, status) => {
    const foreign = await callAs('ben', path, init);
    expect(foreign.status).toBe(status);
    expect(foreign).toEqual(await callAs('nobody-here', path, init));
    expect(app.runs.started).toEqual([]);
  });

  test('is unchanged', async () => {
    for (const [, path, init] of calls) await callAs('ben', path, init);
    const session = await app.services.sessions.getSession({
      appName: 'lornu',
      userId: 'ben',
      sessionId: 's1',
    });
    expect(session).toMatchObject({ id: 's1', userId: 'ben', state: {}, events: [] });
  });

  test('an encoded, doubled or differently spelled user id finds nobody either', async () => {
    for (const user of ['%62en', 'BEN', 'ben%20', 'ada%2F..%2Fben', './ben', 'ada/../ben']) {
      const response = await app.request(`${sessionsOf(user)}/s1`, { headers: ada });
      expect([200, 404]).toContain(response.status);
      if (response.status === 200) expect(await response.json()).toMatchObject({ userId: 'ada' });
    }
  });

  test('nothing is created under another user id', async () => {
    const answers = [
      await answerOf(sessionsOf('ben'), json({ sessionId: 's2' })),
      await answerOf(`${sessionsOf('ben')}/s3`, json({})),
      await answerOf(
        `${sessionsOf('ben')}/s1/artifacts`,
        json({ filename: 'a.txt', artifact: { text: 'x' } }),
      ),
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

test('a session shared by another person is read through the link only, by signed-in people, and changed by nobody', async () => {
  const ben = await cookieOf(app, 'ben');
  const share = await app.request(
    `/api/v1${sessionsOf('ben')}/s1/share`,
    withHeaders({ method: 'POST' }, ben),
  );
  const { secret } = (await share.json()) as { secret: string };
  const shared = '/api/v1/shared/lornu/ben/s1';
  const link = (given: string, method = 'GET') => ({ method, headers: { 'x-share-secret': given } });
  expect((await answerOf(shared, link(secret))).status).toBe(200);
  expect((await answerOf(shared, link(secret.slice(1)))).status).toBe(404);
  expect((await answerOf(shared)).status).toBe(404);
  expect((await app.request(shared, link(secret))).status).toBe(401);
  for (const method of ['POST', 'PATCH', 'DELETE'])
    expect([method, (await answerOf(shared, link(secret, method))).status]).toEqual([method, 405]);
  expect((await answerOf(`${sessionsOf('ben')}/s1`)).status).toBe(404);
});

test("the caller's own data can be read, listed, changed, run, created and deleted", async () => {
  expect((await answerOf(`${sessionsOf('ada')}/s1`)).status).toBe(200);
  expect((await answerOf(sessionsOf('ada'))).body).toContain('"id":"s1"');
  expect((await answerOf(`${sessionsOf('ada')}/s1`, json({ stateDelta: { a: 1 } }, 'PATCH'))).status).toBe(
    200,
  );
  expect((await answerOf('/run', turn('ada', 's1'))).status).toBe(200);
  expect((await answerOf(sessionsOf('ada'), json({ sessionId: 's2' }))).status).toBe(200);
  expect((await answerOf(`${sessionsOf('ada')}/s2`, { method: 'DELETE' })).status).toBe(200);
  expect(app.runs.started.map(({ userId }) => userId)).toEqual(['ada']);
});

describe('machines', () => {
  const call = async (email: string, path: string, init: RequestInit = {}) =>
    app.request(path, withHeaders(init, bearer(await sign(signer, claims(app.clock.nowMs, { email })))));

  test('a service acts for any user', async () => {
    expect((await call(SERVICE, `${sessionsOf('ben')}/s1`)).status).toBe(200);
    expect((await call(SERVICE, '/run', turn('ben', 's1'))).status).toBe(200);
    expect((await call(SERVICE, sessionsOf('cid'), json({}))).status).toBe(200);
    expect(app.runs.started.map(({ userId }) => userId)).toEqual(['ben']);
  });

  test('a peer speaks A2A and nothing else', async () => {
    for (const path of [
      `${sessionsOf('ben')}/s1`,
      sessionsOf(`peer:${PEER}`),
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

describe('state of the whole app', () => {
  const banner = { 'app:banner': 'hello' };
  const tries: [string, () => Promise<Awaited<ReturnType<typeof answerOf>>>][] = [
    ['a new session', () => answerOf(sessionsOf('ada'), json({ state: banner }))],
    ['a new session under an id', () => answerOf(`${sessionsOf('ada')}/s9`, json(banner))],
    ['a change of state', () => answerOf(`${sessionsOf('ada')}/s1`, json({ stateDelta: banner }, 'PATCH'))],
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
    expect(await answerOf(`${sessionsOf('ada')}/s1`, json({ stateDelta: own }, 'PATCH'))).toMatchObject({
      status: 200,
    });
    const token = bearer(await sign(signer, claims(app.clock.nowMs)));
    const change = json({ stateDelta: banner }, 'PATCH');
    expect((await app.request(`${sessionsOf('ada')}/s1`, withHeaders(change, token))).status).toBe(200);
    const seen = await app.services.sessions.getSession({ appName: 'lornu', userId: 'ben', sessionId: 's1' });
    expect(seen?.state).toEqual(banner);
  });

  test('unless the configuration opens it for that app', async () => {
    app = createGuardedApp([signer.publicJwk], { ...PEOPLE, LORNU_APP_STATE_FROM_PEOPLE: 'other,lornu' });
    ada = await cookieOf(app, 'ada');
    expect(await answerOf(sessionsOf('ada'), json({ state: banner }))).toMatchObject({ status: 200 });
  });
});
