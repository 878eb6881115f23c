import { createEvent, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { createTestApp, json } from '../testing/test-app.ts';

const OWNER = { appName: 'lornu', userId: 'ann' };
const PATH = '/apps/lornu/users/ann/sessions/s1';

/** A session of three turns: each sets state, some save artifacts. */
async function conversation() {
  const app = createTestApp();
  const { sessions, artifacts } = app.services;
  await sessions.createSession({ ...OWNER, sessionId: 's1', state: { origin: 'kept', 'user:name': 'Ann' } });
  const session = (await sessions.getSession({ ...OWNER, sessionId: 's1' })) as Session;
  const append = async (
    invocationId: string,
    stateDelta: Record<string, unknown>,
    artifactDelta: Record<string, number> = {},
  ) =>
    sessions.appendEvent({
      session,
      event: createEvent({
        id: `${invocationId}-event`,
        invocationId,
        author: 'user',
        actions: { stateDelta, artifactDelta },
      }),
    });
  const save = async (filename: string, text: string) =>
    artifacts.saveArtifact({ ...OWNER, sessionId: 's1', filename, artifact: { text } });

  await append('e-1', { step: 1, topic: 'a', gone: 'back again' }, { report: await save('report', 'first') });
  await append(
    'e-2',
    { step: 2, added: true, gone: null, 'user:name': 'Anna' },
    {
      report: await save('report', 'second'),
      extra: await save('extra', 'x'),
      'user:shared': await save('user:shared', 'y'),
    },
  );
  await append('e-3', { step: 3 });
  const rewind = async (rewindBeforeInvocationId: string) =>
    app.request(`/api/v1${PATH}/rewind`, json({ rewindBeforeInvocationId }));
  const get = async (path: string): Promise<unknown> => (await app.request(`${PATH}${path}`)).json();
  return { app, rewind, get, append };
}

test('a rewind is an event in the form of Python ADK that reverses state and artifacts', async () => {
  const { rewind } = await conversation();
  const response = await rewind('e-2');
  expect(response.status).toBe(200);
  const { events, state } = (await response.json()) as { events: unknown[]; state: unknown };
  expect(events).toHaveLength(4);
  expect(events[3]).toEqual({
    id: expect.stringMatching(/^[\da-f-]{36}$/),
    invocationId: expect.stringMatching(/^e-[\da-f-]{36}$/),
    author: 'user',
    timestamp: expect.any(Number),
    actions: {
      stateDelta: { step: 1, added: null, gone: 'back again' },
      artifactDelta: { report: 2, extra: 1 },
      requestedAuthConfigs: {},
      requestedToolConfirmations: {},
      rewindBeforeInvocationId: 'e-2',
    },
    nodeInfo: { path: '' },
  });
  expect(state).toMatchObject({
    origin: 'kept',
    step: 1,
    topic: 'a',
    gone: 'back again',
    'user:name': 'Anna',
  });
});

test('artifacts are as they were before; shared ones and every version stay', async () => {
  const { rewind, get } = await conversation();
  await rewind('e-2');
  expect(await get('/artifacts/report')).toEqual({ text: 'first' });
  expect(await get('/artifacts/report/versions')).toEqual([0, 1, 2]);
  expect(await get('/artifacts/extra')).toEqual({ detail: 'Artifact not found' });
  expect(await get('/artifacts/extra?version=0')).toEqual({ text: 'x' });
  expect(await get('/artifacts/user:shared')).toEqual({ text: 'y' });
});

test.each(['constructor', '__proto__'])(
  'an artifact called %s is rewound like any other',
  async (filename) => {
    const { app, rewind, get, append } = await conversation();
    const save = async (text: string) =>
      app.services.artifacts.saveArtifact({ ...OWNER, sessionId: 's1', filename, artifact: { text } });
    await append('e-4', {}, Object.fromEntries([[filename, await save('new')]]));
    expect((await rewind('e-4')).status).toBe(200);
    expect(await get(`/artifacts/${filename}`)).toEqual({ detail: 'Artifact not found' });
  },
);

test('a rewind to the beginning leaves the state from the creation of the session; a second one goes further back', async () => {
  const { rewind } = await conversation();
  await rewind('e-3');
  const response = await rewind('e-1');
  const { state } = (await response.json()) as { state: Record<string, unknown> };
  expect(Object.entries(state).filter(([, value]) => value !== null)).toEqual(
    expect.arrayContaining([['origin', 'kept']]),
  );
  expect(state['step'] ?? null).toBeNull();
});

test('an invocation is rewound once: what was said and saved since then stays', async () => {
  const { rewind, get, append } = await conversation();
  await rewind('e-2');
  await append('e-4', { step: 4 });
  const before = await get('');
  for (const id of ['e-2', 'e-3']) expect((await rewind(id)).status).toBe(404);
  expect(await get('')).toEqual(before);
  expect((await rewind('e-4')).status).toBe(200);
});

test('an impossible rewind changes nothing', async () => {
  const { app, rewind, get } = await conversation();
  const unknown = await rewind('e-9');
  expect([unknown.status, await unknown.json()]).toEqual([404, { detail: 'Invocation ID not found: e-9' }]);
  const nowhere = await app.request(
    '/api/v1/apps/lornu/users/bob/sessions/s1/rewind',
    json({ rewindBeforeInvocationId: 'e-1' }),
  );
  expect(nowhere.status).toBe(404);
  expect((await app.request(`/api/v1${PATH}/rewind`, json({}))).status).toBe(422);
  expect(((await get('')) as Session).events).toHaveLength(3);
});

test('a session with a running run is not changed: nothing is saved either', async () => {
  const { app, rewind, get } = await conversation();
  const rest = Promise.withResolvers<void>();
  app.runs.script = async function* () {
    yield '{}';
    await rest.promise;
  };
  await app.services.runs.start({ ...OWNER, sessionId: 's1', streaming: true });
  const busy = await rewind('e-2');
  expect([busy.status, await busy.json(), busy.headers.get('retry-after')]).toEqual([
    409,
    { detail: 'This session has a run under way: run-1' },
    '5',
  ]);
  expect(await get('/artifacts/report/versions')).toEqual([0, 1]);
  rest.resolve();
  await Bun.sleep(1);
  expect((await rewind('e-2')).status).toBe(200);
});

test('what was rewound is not remembered', async () => {
  const { app, rewind } = await conversation();
  const { sessions, memory } = app.services;
  const session = (await sessions.getSession({ ...OWNER, sessionId: 's1' })) as Session;
  const say = async (invocationId: string, text: string) =>
    sessions.appendEvent({
      session,
      event: createEvent({ invocationId, author: 'user', content: { parts: [{ text }] } }),
    });
  await say('e-4', 'I like penguins');
  await say('e-5', 'I like otters');
  await rewind('e-5');
  const answer = await app.request('/apps/lornu/users/ann/memory', json({ sessionId: 's1' }, 'PATCH'));
  expect([answer.status, await answer.text()]).toEqual([200, 'null']);
  const found = await memory.searchMemory({ ...OWNER, query: 'penguins otters' });
  expect(found.memories.map(({ content }) => content.parts?.[0]?.text)).toEqual(['I like penguins']);
  const none = await app.request('/apps/lornu/users/ann/memory', json({ sessionId: 'none' }, 'PATCH'));
  expect(none.status).toBe(404);
});
