import { beforeEach, describe, expect, test } from 'bun:test';
import { ConfigError, parseConfig } from '../../backend/config/config.ts';
import { createTestApp, json } from '../../backend/testing/test-app.ts';
import {
  bearer,
  claims,
  createGuardedApp,
  createSigner,
  MACHINES,
  PEER,
  SERVICE,
  sign,
  turn,
  withHeaders,
  type GuardedApp,
} from './kit.ts';

const OPERATOR = 'operator@lornu.iam.gserviceaccount.com';
const BASE = '/api/v1/operator';
const ROUTES: readonly [path: string, init?: RequestInit][] = [
  [`${BASE}/runs`],
  [`${BASE}/runs/stop`, json({ all: true })],
  [`${BASE}/maintenance`],
  [`${BASE}/maintenance`, json({}, 'PUT')],
  [`${BASE}/maintenance`, { method: 'DELETE' }],
  // Spelled in another way, it is the same route; what is not there is not told to others either.
  ['/api/v1/%6fperator/runs'],
  ['/api/v1%2foperator/maintenance', { method: 'DELETE' }],
  [`${BASE}/nothing`],
];

let app: GuardedApp;
const signer = await createSigner('one');
beforeEach(async () => {
  app = createGuardedApp([signer.publicJwk], { LORNU_OPERATOR_EMAILS: OPERATOR });
  await app.addSession('ben', 's1');
});

const call = async (email: string, path: string, init: RequestInit = {}): Promise<Response> =>
  app.request(path, withHeaders(init, bearer(await sign(signer, claims(app.clock.nowMs, { email })))));

describe("the operator's API", () => {
  test.each([
    ['a service', SERVICE],
    ['a peer', PEER],
  ])('is refused to %s, whatever is asked', async (_who, email) => {
    for (const [path, init] of ROUTES) {
      const response = await call(email, path, init);
      expect([path, response.status, response.headers.get('x-error-code')]).toEqual([
        path,
        403,
        'CALLER_NOT_ALLOWED',
      ]);
    }
    expect(await app.services.operator.maintenance()).toBeUndefined();
    expect(app.logged.filter(({ message }) => message === 'operator')).toEqual([]);
  });

  test('is refused without evidence', async () => {
    for (const [path, init] of ROUTES) expect((await app.request(path, init)).status).toBe(401);
  });

  test('is all that an operator may use: no conversation, no turn, no A2A', async () => {
    for (const [path, init] of [
      ['/apps/lornu/users/ben/sessions/s1'],
      ['/apps/lornu/users/ben/sessions'],
      ['/list-apps'],
      ['/api/v1/me'],
      ['/api/v1/operatorx/runs'],
      ['/run', turn('ben', 's1')],
      ['/a2a/lornu', json({})],
    ] as [string, RequestInit?][]) {
      const response = await call(OPERATOR, path, init);
      expect([path, response.status]).toEqual([path, 403]);
    }
    expect(app.runs.started).toEqual([]);
  });

  test('does what it says for an operator, and each use is logged with its name', async () => {
    const answers: unknown[] = [];
    for (const [path, init] of ROUTES.slice(0, 5)) {
      const response = await call(OPERATOR, path, init);
      answers.push([response.status, await response.json()]);
    }
    const sentence = 'The service is under maintenance and begins no new turns.';
    expect(answers).toEqual([
      [200, []],
      [200, { stopped: [] }],
      [200, { refusesNewTurns: false }],
      [
        200,
        {
          refusesNewTurns: true,
          sentence,
          retryAfterSeconds: 300,
          since: expect.any(Number),
          by: `operator:${OPERATOR}`,
        },
      ],
      [200, { refusesNewTurns: false }],
    ]);
    expect(
      app.logged
        .filter(({ message }) => message === 'operator')
        .map(({ action, operator }) => [action, operator]),
    ).toEqual(
      ['list runs', 'stop runs', 'read maintenance', 'refuse new turns', 'allow new turns'].map((action) => [
        action,
        `operator:${OPERATOR}`,
      ]),
    );
  });

  test('is open where sign-in is off, to this machine', async () => {
    const open = createTestApp();
    expect((await open.request(`${BASE}/runs`)).status).toBe(200);
  });
});

describe('maintenance', () => {
  const notice = { sentence: 'We move house. Back at noon.', retryAfterSeconds: 90 };

  test('is what the callers of REST and A2A read, with when to come again; reading goes on', async () => {
    expect((await call(OPERATOR, `${BASE}/maintenance`, json(notice, 'PUT'))).status).toBe(200);
    for (const path of ['/run', '/run_sse']) {
      const refused = await call(SERVICE, path, turn('ben', 's1'));
      expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
        503,
        '90',
        { detail: notice.sentence },
      ]);
      expect(refused.headers.get('x-error-code')).toBe('MAINTENANCE');
    }
    const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hello' }] };
    const rpc = json({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } });
    const overA2a = await call(PEER, '/a2a/lornu', withHeaders(rpc, { 'a2a-version': '1.0' }));
    expect(overA2a.headers.get('retry-after')).toBe('90');
    expect(await overA2a.json()).toMatchObject({
      error: { message: notice.sentence, data: [{ reason: 'MAINTENANCE' }, { retryDelay: '90s' }] },
    });
    const rest = await call(
      PEER,
      '/a2a/lornu/message:send',
      withHeaders(json({ message }), { 'a2a-version': '1.0' }),
    );
    expect([rest.status, rest.headers.get('retry-after')]).toEqual([503, '90']);
    expect(await rest.json()).toMatchObject({ error: { status: 'UNAVAILABLE', message: notice.sentence } });
    expect(app.runs.started).toEqual([]);
    expect((await call(SERVICE, '/apps/lornu/users/ben/sessions/s1')).status).toBe(200);
    expect((await app.request('/health')).status).toBe(200);
    await call(OPERATOR, `${BASE}/maintenance`, { method: 'DELETE' });
    expect((await call(SERVICE, '/run', turn('ben', 's1'))).status).toBe(200);
  });

  test.each([
    ['an empty sentence', { sentence: ' ' }],
    ['several lines', { sentence: 'one\ntwo' }],
    ['a sentence that is too long', { sentence: 'x'.repeat(501) }],
    ['no time', { retryAfterSeconds: 0 }],
    ['more than a day', { retryAfterSeconds: 86_401 }],
  ])('does not begin with %s', async (_what, body) => {
    expect((await call(OPERATOR, `${BASE}/maintenance`, json(body, 'PUT'))).status).toBe(422);
    expect(await app.services.operator.maintenance()).toBeUndefined();
  });
});

test.each([
  ['nothing', {}],
  ['a run and all', { runId: 'r', all: true }],
  ['a run and a user', { runId: 'r', userId: 'ben' }],
  ['all and a user', { all: true, userId: 'ben' }],
  ['not all', { all: false }],
  ['a user without a name', { userId: '' }],
])('a stop that names %s is refused: nothing is guessed', async (_what, body) => {
  expect((await call(OPERATOR, `${BASE}/runs/stop`, json(body))).status).toBe(422);
});

test('a stop of a run that is not there says so, and a cursor of no list is refused', async () => {
  const missing = await call(OPERATOR, `${BASE}/runs/stop`, json({ runId: 'r' }));
  expect([missing.status, await missing.json()]).toEqual([404, { detail: 'Run not found: r' }]);
  const lost = await call(OPERATOR, `${BASE}/runs?cursor=bm90LWEtcm93`);
  expect([lost.status, lost.headers.get('x-error-code')]).toEqual([400, 'BAD_CURSOR']);
});

test('pages of the list are asked for by the cursor of the one before', async () => {
  const { operator, sessions } = app.services;
  const asked: unknown[] = [];
  operator.list = async (filter, limit, cursor) => {
    asked.push([filter, limit, cursor]);
    return { runs: [], ...(cursor === undefined ? { next: '17' } : {}) };
  };
  expect(sessions).toBeDefined();
  const first = await call(OPERATOR, `${BASE}/runs?limit=2&userId=ben&appName=lornu`);
  const cursor = first.headers.get('x-next-cursor') ?? '';
  const second = await call(OPERATOR, `${BASE}/runs?limit=5000&cursor=${cursor}`);
  expect(second.headers.get('x-next-cursor')).toBeNull();
  expect(asked).toEqual([
    [{ userId: 'ben', appName: 'lornu' }, 2, undefined],
    [{}, 100, '17'],
  ]);
});

test('one machine has one role', () => {
  const configure = (name: string) => () =>
    parseConfig({
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1',
      ...MACHINES,
      [name]: `${OPERATOR},Other@x.iam.gserviceaccount.com`,
      LORNU_OPERATOR_EMAILS: 'other@x.iam.gserviceaccount.com',
    });
  expect(configure('A2A_ALLOWED_EMAILS')).toThrow(ConfigError);
  expect(configure('A2A_SERVICE_EMAILS')).toThrow(
    'LORNU_OPERATOR_EMAILS must name machines of no other role',
  );
});
