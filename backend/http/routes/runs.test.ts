import { createEvent } from '@google/adk';
import { describe, expect, test } from 'bun:test';
import { Hono } from 'hono';
import { AppError } from '../../errors/app-error.ts';
import { createTestApp, json } from '../../testing/test-app.ts';
import { answerError } from '../error-answer.ts';
import { createByteBudget, mountRoutes } from '../mount-routes.ts';
import type { AppEnv } from '../route.ts';
import { runRoutes } from './runs.ts';

const TURN = {
  appName: 'lornu',
  userId: 'ann',
  sessionId: 's1',
  newMessage: { role: 'user', parts: [{ text: 'hello' }] },
};

async function appWithSession(environment = {}) {
  const app = createTestApp(environment);
  await app.request('/apps/lornu/users/ann/sessions', json({ sessionId: 's1' }));
  return app;
}

describe('/run and /run_sse', () => {
  test('a run answers with its events as an array', async () => {
    const { request } = await appWithSession();
    const response = await request('/run', json(TURN));
    expect([response.status, await response.json()]).toEqual([200, [{ id: 'e1', author: 'root' }]]);
  });

  test('a message for which the conversation has no room is refused before its turn begins', async () => {
    const app = await appWithSession();
    const { sessions } = app.services;
    const key = { appName: 'lornu', userId: 'ann', sessionId: 's1' };
    const session = (await sessions.getSession(key))!;
    const content = { parts: [{ text: 'x'.repeat(20_000_000) }] };
    await sessions.appendEvent({ session, event: createEvent({ author: 'user', content }) });
    const newMessage = { parts: [{ text: 'y'.repeat(14_000_000) }] };
    const refused = await app.request('/run', json({ ...TURN, newMessage }));
    expect([refused.status, refused.headers.get('x-error-code')]).toEqual([422, 'NOT_STORABLE']);
    expect(((await refused.json()) as { detail: string }).detail).toContain('Begin a new session.');
    expect((await app.request('/run', json(TURN))).status).toBe(200);
  });

  test('all of a message counts as bytes in flight while its turn goes on, not only texts and files', async () => {
    const app = await appWithSession({
      LORNU_MAX_MESSAGE_BYTES: '100000',
      LORNU_MAX_UPLOAD_BYTES: '100000',
      LORNU_MAX_BODY_BYTES: '1000',
    });
    const gate = Promise.withResolvers<void>();
    app.runs.script = async function* () {
      yield '{}';
      await gate.promise;
    };
    const code = 'x'.repeat(60_000);
    const stream = () =>
      app.request('/run_sse', json({ ...TURN, newMessage: { parts: [{ executableCode: { code } }] } }));
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await stream()).status);
    gate.resolve();
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('a stream has one id line and one data line for each frame', async () => {
    const app = await appWithSession();
    app.runs.script = async function* () {
      yield '{"n":1}';
      yield '{"n":2}';
    };
    const response = await app.request('/run_sse', json({ ...TURN, streaming: true }));
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await response.text()).toBe(
      'id: run-1:0\ndata: {"n":1}\n\nid: run-1:1\ndata: {"n":2}\n\n: run completed\n\n',
    );
  });

  test('a model is chosen for one turn among those of the configuration, and no other', async () => {
    const app = await appWithSession({ GEMINI_MODEL: 'usual', GEMINI_OTHER_MODELS: 'larger, smaller' });
    expect(await (await app.request('/version')).json()).toMatchObject({
      model: 'usual',
      models: ['usual', 'larger', 'smaller'],
    });
    const refused = await app.request('/run', json({ ...TURN, model: 'elsewhere' }));
    expect([refused.status, await refused.json()]).toEqual([
      422,
      {
        detail: [
          {
            type: 'value_error',
            loc: ['body', 'model'],
            msg: 'Input should be one of: usual, larger, smaller',
            input: 'elsewhere',
          },
        ],
      },
    ]);
    await app.request('/run', json({ ...TURN, model: 'larger' }));
    expect(app.runs.started.map(({ model }) => model)).toEqual(['larger']);
  });

  test('where no models are configured there is no choice', async () => {
    const app = await appWithSession();
    expect(await (await app.request('/version')).json()).not.toHaveProperty('models');
    expect((await app.request('/run', json({ ...TURN, model: 'root' }))).status).toBe(422);
  });

  test('every field of the request arrives, from either casing', async () => {
    const app = await appWithSession();
    await app.request(
      '/run',
      json({
        app_name: 'lornu',
        user_id: 'ann',
        session_id: 's1',
        new_message: { parts: [{ inline_data: { mime_type: 'image/png', data: '-_8=' } }] },
        state_delta: { some_key: null },
        invocation_id: 'e-1',
        function_call_event_id: 'fc',
        custom_metadata: { snake_key: 1 },
        when_busy: 'queue',
        unknown_field: 1,
      }),
    );
    expect(app.runs.started).toEqual([
      {
        appName: 'lornu',
        userId: 'ann',
        sessionId: 's1',
        newMessage: { parts: [{ inlineData: { mimeType: 'image/png', data: '+/8=' } }] },
        streaming: false,
        stateDelta: { some_key: null },
        invocationId: 'e-1',
        functionCallEventId: 'fc',
        customMetadata: { snake_key: 1 },
        whenBusy: 'queue',
      },
    ]);
  });

  test('whenBusy accepts three values', async () => {
    const { request } = await appWithSession();
    const refused = await request('/run_sse', json({ ...TURN, whenBusy: 'wait' }));
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ detail: [{ loc: ['body', 'whenBusy'], input: 'wait' }] });
  });

  test('streaming is parsed as leniently as in Python', async () => {
    const app = await appWithSession();
    for (const streaming of [true, 'yes', 1]) await app.request('/run_sse', json({ ...TURN, streaming }));
    expect(app.runs.started.map((turn) => turn.streaming)).toEqual([true, true, true]);
  });

  test.each([
    [{ ...TURN, sessionId: 'none' }, 404, 'Session not found: none'],
    [{ ...TURN, appName: 'none' }, 404, "Agent not found: 'none'."],
    [{ ...TURN, appName: 'broken' }, 500, 'Failed to load agent'],
    [{ ...TURN, appName: '__x' }, 403, 'Access to internal special agents is disabled in API server mode.'],
    [{ ...TURN, appName: undefined }, 400, 'app_name is required when ADK_DEFAULT_APP_NAME is not set'],
  ])('%j is refused before anything streams', async (turn, status, detail) => {
    const { request, runs } = await appWithSession();
    for (const path of ['/run', '/run_sse']) {
      const response = await request(path, json(turn));
      expect([response.status, await response.json()]).toEqual([status, { detail }]);
    }
    expect(runs.started).toEqual([]);
  });

  test('with a default app, the app may be left out in bodies and paths', async () => {
    const { request, runs } = await appWithSession({ ADK_DEFAULT_APP_NAME: 'lornu' });
    await request('/run', json({ ...TURN, appName: undefined }));
    expect(runs.started[0]?.appName).toBe('lornu');
    expect((await request('/users/ann/sessions/s1')).status).toBe(200);
    expect(((await (await request('/app-info')).json()) as { name: string }).name).toBe('lornu');
  });

  test('a client that disconnects does not end the turn', async () => {
    const app = await appWithSession();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    let finished = false;
    app.runs.script = async function* () {
      yield '{"n":1}';
      await left;
      yield '{"n":2}';
      finished = true;
    };
    const response = await app.request('/run_sse', json(TURN));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    leave();
    await Bun.sleep(1);
    expect([finished, app.runs.activeCount]).toEqual([true, 0]);
  });
});

test('a failed turn fails /run with the message of its last frame', async () => {
  const app = await appWithSession();
  app.runs.script = async function* () {
    yield '{"id":"e1","errorCode":"UNAVAILABLE"}';
    yield '{"error":"ServerError: The model is overloaded.","error_details":{"error_type":"ServerError","error_message":"The model is overloaded.","timestamp":1}}';
  };
  const response = await app.request('/run', json(TURN));
  expect([response.status, response.headers.get('x-error-code'), await response.json()]).toEqual([
    500,
    'TURN_FAILED',
    { detail: 'The model is overloaded.' },
  ]);
  expect(app.logged.filter((line) => line['level'] === 'error')).toEqual([]);
});

test('a turn that was accepted, and whose store does not answer: /run names its run instead of asking for it again', async () => {
  const { runs, request } = await appWithSession();
  const start = runs.start.bind(runs);
  runs.script = async function* () {
    yield '{"id":"e1"}';
    await new Promise(() => undefined);
  };
  runs.start = async (turn) => {
    const run = await start(turn);
    run.frames = async function* () {
      yield { index: 0, kind: 'event', json: '{}' };
      throw new AppError('STORE_UNAVAILABLE');
    };
    return run;
  };
  const response = await request('/run', json(TURN));
  const [code, run] = ['x-error-code', 'lornu-run-id'].map((name) => response.headers.get(name));
  expect([response.status, code, run]).toEqual([504, 'TURN_TAKES_LONGER', 'run-1']);
  expect(await response.text()).toContain('accepted');
});

test('a turn that is silent for longer than the load balancer allows is answered with its run id, and continues', async () => {
  const { services, runs, request } = await appWithSession();
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  runs.script = async function* () {
    yield '{"id":"e1"}';
    await goOn;
    yield '{"id":"e2"}';
  };
  const routes = runRoutes({
    agents: services.agents,
    startTurn: async (_caller, turn) => runs.start(turn),
    metrics: undefined,
    log: services.log,
    defaultAppName: undefined,
    models: [],
    pingMs: 15_000,
    silentForMs: 30,
  });
  const app = new Hono<AppEnv>();
  const limits = { bodyBytes: 1_000, messageBytes: 1_000, uploadBytes: 1_000, bodyTimeoutMs: 1_000 };
  mountRoutes(app, routes, limits, createByteBudget(limits));
  app.onError((error, context) => answerError(error, context, services.log));
  const response = await app.request('/run', json(TURN));
  expect([
    response.status,
    response.headers.get('lornu-run-id'),
    response.headers.get('x-error-code'),
  ]).toEqual([504, 'run-1', 'TURN_TAKES_LONGER']);
  resolve();
  const frames = await request('/api/v1/apps/lornu/users/ann/sessions/s1/runs/run-1/frames');
  expect(await frames.text()).toContain('"id":"e2"');
});
