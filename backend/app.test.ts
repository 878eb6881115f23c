import { MODEL } from '@lornu/agents/model.ts';
import { describe, expect, test } from 'bun:test';
import type { Readiness } from './observability/readiness.ts';
import type { SessionStore } from './sessions/session-store.ts';
import { createTestApp, json } from './testing/test-app.ts';

describe('the service', () => {
  test('answers its health check', async () => {
    const response = await createTestApp().request('/health');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('describes itself, and says that the model is a stand-in', async () => {
    const { request } = createTestApp({ LORNU_REGION: 'eu-central-1', LORNU_REVISION: 'abc' });
    expect(await (await request('/version')).json()).toEqual({
      version: '2.0.0',
      language: 'typescript',
      language_version: `bun ${Bun.version}`,
      revision: 'abc',
      environment: 'local',
      region: 'eu-central-1',
      model: MODEL,
      modelIsStandIn: true,
    });
  });

  test('names the database that holds the conversations', async () => {
    const { request } = createTestApp({
      LORNU_SESSION_STORE: 'firestore',
      FIRESTORE_DATABASE: 'staging',
      GOOGLE_CLOUD_PROJECT: 'lornu',
    });
    expect(await (await request('/version')).json()).toMatchObject({ database: 'staging' });
  });

  test('sends HSTS where it is reached over https only', async () => {
    const name = 'strict-transport-security';
    const { request } = createTestApp({ LORNU_PUBLIC_URL: 'https://lornu.example' });
    expect((await request('/health')).headers.get(name)).toBe('max-age=31536000');
    expect((await createTestApp().request('/health')).headers.get(name)).toBeNull();
  });

  test('counts a bug that a caller meets as a fault, but no error that a caller can cause', async () => {
    let faults = 0;
    const none = () => undefined;
    const metrics = {
      streams: none,
      turn: none,
      inference: () => undefined,
      timeToFirstToken: none,
      tokens: none,
      fault: () => void faults++,
      lostTurn: none,
      shadow: none,
    };
    const bug = async () => Promise.reject(new TypeError('a bug'));
    const readiness = { report: bug } as unknown as Readiness;
    const sessions = new Proxy({} as SessionStore, { get: () => bug });
    const { request } = createTestApp({}, { metrics, readiness, sessions });
    // No sign-in needed.
    expect((await request('/ready')).status).toBe(500);
    expect(faults).toBe(0);
    expect((await request('/apps/lornu/users/ann/sessions')).status).toBe(500);
    expect(faults).toBe(1);
    expect((await request('/apps/lornu/users/ann/sessions?limit=x')).status).toBe(422);
    expect(faults).toBe(1);
  });

  test('lists its apps, including a broken one with its reason', async () => {
    const { request } = createTestApp();
    expect(await (await request('/list-apps')).json()).toEqual(['broken', 'lornu', 'plain']);
    expect(await (await request('/list-apps?detailed=true')).json()).toEqual({
      apps: [
        {
          name: 'lornu',
          rootAgentName: 'root',
          description: 'Answers.',
          language: 'typescript',
          isComputerUse: false,
          agents: null,
        },
        {
          name: 'plain',
          rootAgentName: 'plain',
          description: '',
          language: 'typescript',
          isComputerUse: false,
          agents: null,
        },
      ],
    });
    expect(await (await request('/list-apps?detailed=zzz')).json()).toEqual({
      detail: [
        {
          type: 'bool_parsing',
          loc: ['query', 'detailed'],
          msg: 'Input should be a valid boolean, unable to interpret input',
          input: 'zzz',
        },
      ],
    });
  });

  test('describes the agents of an app; sub_agents keeps its underscore', async () => {
    const { request } = createTestApp();
    expect(await (await request('/apps/lornu/app-info')).json()).toMatchObject({
      name: 'lornu',
      rootAgentName: 'root',
      agents: {
        helper: { name: 'helper', instruction: '<InstructionProvider: instruction>', sub_agents: [] },
        root: { instruction: 'Be short.', tools: [], sub_agents: ['helper'] },
      },
    });
    const statuses = await Promise.all(
      ['plain', 'none', '__x', 'broken'].map(async (app) => (await request(`/apps/${app}/app-info`)).status),
    );
    expect(statuses).toEqual([400, 404, 403, 500]);
  });

  test('sends Allow with 405, redirects a trailing slash, and answers 404 for unknown paths', async () => {
    const { request } = createTestApp();
    const wrongMethod = await request('/health', { method: 'DELETE' });
    expect([wrongMethod.status, wrongMethod.headers.get('allow'), await wrongMethod.json()]).toEqual([
      405,
      'GET',
      { detail: 'Method Not Allowed' },
    ]);
    const slash = await request('/list-apps/?detailed=true');
    expect([slash.status, slash.headers.get('location')]).toEqual([307, '/list-apps?detailed=true']);
    const unknown = await request('/nope');
    expect([unknown.status, await unknown.json()]).toEqual([404, { detail: 'Not Found' }]);
  });

  test('answers 404 with a sentence for what it does not serve', async () => {
    const { request } = createTestApp();
    for (const [method, path] of [
      ['GET', '/run_live'],
      ['POST', '/apps/lornu/trigger/pubsub'],
      ['POST', '/agent-identity/finalize'],
      ['POST', '/api/reasoning_engine'],
    ] as const) {
      const response = await request(path, { method });
      expect([response.status, await response.json()]).toEqual([
        404,
        { detail: expect.stringMatching(/ not served here; the FastAPI\/ADK agent serves it\.$/) },
      ]);
    }
  });

  test('a bug is logged under the request id and answered without its message', async () => {
    const { request, services, logged } = createTestApp();
    services.sessions.getSession = async () => {
      throw new TypeError('undefined is not a secret path /etc/passwd');
    };
    const response = await request('/apps/lornu/users/ann/sessions/s1', {
      headers: { 'x-request-id': 'mine-1' },
    });
    expect([response.status, await response.json()]).toEqual([500, { detail: 'Internal server error' }]);
    expect(response.headers.get('x-request-id')).toBe('mine-1');
    expect(response.headers.get('x-error-code')).toBe('INTERNAL');
    expect(logged.find((line) => line['level'] === 'error')).toMatchObject({
      requestId: 'mine-1',
      error: { name: 'TypeError', stack: expect.stringContaining('app.test.ts') },
    });
  });

  test('a request id that could break a log line is replaced', async () => {
    const { request } = createTestApp();
    const response = await request('/health', { headers: { 'x-request-id': 'a b"c' } });
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  test('one line is logged for each request, with ids, and none of its secrets', async () => {
    const { request, logged } = createTestApp();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await request('/list-apps?key=AIzaSyA1234567890abcdefghijklmnop', {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01`, authorization: 'Bearer abcdefghijkl' },
    });
    expect(logged).toEqual([
      {
        time: expect.any(String),
        level: 'info',
        message: 'request',
        requestId: expect.any(String),
        traceId,
        method: 'GET',
        path: '/list-apps',
        status: 200,
        durationMs: expect.any(Number),
      },
    ]);
  });
});

describe('foreign pages', () => {
  test.each([
    [{ host: 'evil.example' }, 'Forbidden: host not allowed'],
    [{ host: '127.0.0.1.evil.example' }, 'Forbidden: host not allowed'],
    [{ host: '127.0.0.1:1', origin: 'http://evil.example' }, 'Forbidden: origin not allowed'],
    [{ host: '127.0.0.1:1', origin: 'null' }, 'Forbidden: origin not allowed'],
    [{ host: '127.0.0.1:1', origin: 'http://127.0.0.1:2' }, 'Forbidden: origin not allowed'],
  ])('%j is refused in plain text', async (headers, text) => {
    const { request } = createTestApp();
    const response = await request('/apps/lornu/users/ann/sessions', { ...json({}), headers });
    expect([response.status, await response.text()]).toEqual([403, text]);
    expect(response.headers.get('content-type')).toStartWith('text/plain');
  });

  test('our own page, a page behind the load balancer and an allowed origin pass', async () => {
    const own = createTestApp();
    const passes = async (app: typeof own, headers: Record<string, string>) =>
      (await app.request('/list-apps', { headers })).status;
    expect(await passes(own, { host: 'localhost:8080', origin: 'http://localhost:8080' })).toBe(200);
    const staging = createTestApp({
      LORNU_ENVIRONMENT: 'staging',
      LORNU_REHEARSAL: '1',
      // The address on which a rehearsal's task listens.
      LORNU_LISTEN_HOST: '127.64.0.1',
      FIRESTORE_DATABASE: 'staging',
      GOOGLE_CLOUD_PROJECT: 'lornu',
      A2A_ALLOWED_EMAILS: 'peer@project.iam.gserviceaccount.com',
      A2A_TOKEN_AUDIENCE: 'https://lornu.example',
    });
    // It passes the origin check and reaches authentication.
    expect(
      await passes(staging, {
        host: 'lornu.example',
        'x-forwarded-proto': 'https',
        origin: 'https://lornu.example',
      }),
    ).toBe(401);
    expect(await passes(staging, { host: 'lornu.example', origin: 'https://evil.example' })).toBe(403);
    const allowed = createTestApp({ LORNU_ALLOW_ORIGINS: 'https://a.example, https://b.example' });
    expect(await passes(allowed, { host: 'localhost', origin: 'https://b.example' })).toBe(200);
  });
});
