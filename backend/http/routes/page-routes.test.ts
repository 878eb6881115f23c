import { createEvent, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { createTestApp, json } from '../../testing/test-app.ts';

const OWNER = { appName: 'lornu', userId: 'ann' };
const SESSION = 'apps/lornu/users/ann/sessions/s1';

interface Answer {
  id: string;
  state: Record<string, unknown>;
  events: {
    invocationId: string;
    actions: { stateDelta: Record<string, unknown>; artifactDelta: Record<string, number> };
  }[];
}

/** A session of three turns with state, and a report that two of them saved. */
async function conversation() {
  const app = createTestApp();
  const { sessions, artifacts } = app.services;
  await sessions.createSession({
    ...OWNER,
    sessionId: 's1',
    state: { origin: 'kept', title: 'first', 'user:name': 'Ann' },
  });
  const session = (await sessions.getSession({ ...OWNER, sessionId: 's1' })) as Session;
  const say = async (
    turn: string,
    text: string,
    stateDelta: Record<string, unknown> = {},
    report?: string,
  ) => {
    const file = { ...OWNER, sessionId: 's1', filename: 'report' };
    const artifactDelta: Record<string, number> =
      report === undefined
        ? {}
        : { report: await artifacts.saveArtifact({ ...file, artifact: { text: report } }) };
    const content = { role: 'user', parts: [{ text }, { text: 'secret plan', thought: true }] };
    const event = {
      id: turn,
      invocationId: turn,
      author: 'user',
      content,
      actions: { stateDelta, artifactDelta },
    };
    await sessions.appendEvent({ session, event: createEvent(event) });
  };
  const get = async (path: string) => app.request(`/${path}`);
  return { app, say, get, copy: async (body: unknown) => app.request(`/api/v1/${SESSION}/copy`, json(body)) };
}

test('a copy continues from before a turn with the state and files of that time, and the original is unchanged', async () => {
  const { app, say, get, copy } = await conversation();
  await say('e-1', 'one', { step: 1, 'user:name': 'Anna' }, 'first');
  await say('e-2', 'two', { step: 2 }, 'second');
  const before = await (await get(SESSION)).text();
  // Changed since then; the copy does not undo it.
  await app.request(`/${SESSION}`, json({ stateDelta: { 'user:name': 'Ben' } }, 'PATCH'));
  const made = (await (
    await copy({ beforeInvocationId: 'e-2', state: { title: 'second' } })
  ).json()) as Answer;
  const { id, state, events } = (await (
    await get(`apps/lornu/users/ann/sessions/${made.id}`)
  ).json()) as Answer;
  expect(id).not.toBe('s1');
  expect(state).toEqual({ origin: 'kept', title: 'second', step: 1, 'user:name': 'Ben' });
  expect(events.map(({ invocationId }) => invocationId)).toEqual(['e-1']);
  expect(await (await get(`apps/lornu/users/ann/sessions/${id}/artifacts/report`)).json()).toEqual({
    text: 'first',
  });
  expect((await (await get(SESSION)).text()).slice(0, 40)).toBe(before.slice(0, 40));
  expect(await (await get(`${SESSION}/artifacts/report`)).json()).toEqual({ text: 'second' });
});

test('rewound events are not copied, and versions are renumbered', async () => {
  const { app, say, get, copy } = await conversation();
  await say('e-1', 'one', {}, 'first');
  await say('e-2', 'two', { step: 2 }, 'second');
  await app.request(`/api/v1/${SESSION}/rewind`, json({ rewindBeforeInvocationId: 'e-2' }));
  await say('e-3', 'three', {}, 'third');
  const { id } = (await (await copy({})).json()) as Answer;
  const { state, events } = (await (await get(`apps/lornu/users/ann/sessions/${id}`)).json()) as Answer;
  expect(events.map(({ invocationId, actions }) => [invocationId, actions.artifactDelta])).toEqual([
    ['e-1', { report: 0 }],
    ['e-3', { report: 1 }],
  ]);
  expect(state).not.toHaveProperty('step');
});

test('a copy refers to its own files: they stay when the original is deleted, and go with the copy', async () => {
  const { app, get, copy } = await conversation();
  const { sessions, artifacts } = app.services;
  const file = {
    filename: 'a plan.pdf',
    artifact: { inlineData: { mimeType: 'application/pdf', data: 'AQEB' } },
  };
  for (const sessionId of ['s1', 's2']) await artifacts.saveArtifact({ ...OWNER, sessionId, ...file });
  const uri = (sessionId: string) =>
    `artifact://apps/lornu/users/ann/sessions/${sessionId}/artifacts/a plan.pdf/versions/0`;
  const session = (await sessions.getSession({ ...OWNER, sessionId: 's1' })) as Session;
  const parts = ['s1', 's2'].map((id) => ({ fileData: { fileUri: uri(id), displayName: 'a plan.pdf' } }));
  await sessions.appendEvent({
    session,
    event: createEvent({ author: 'user', content: { role: 'user', parts } }),
  });
  const { id, events } = (await (await copy({})).json()) as Answer & {
    events: { content: { parts: { fileData: object }[] } }[];
  };
  // What the message may not reach anyway stays as it is.
  expect(events[0]?.content.parts.map(({ fileData }) => fileData)).toEqual([
    { fileUri: uri(id), displayName: 'a plan.pdf' },
    { fileUri: uri('s2'), displayName: 'a plan.pdf' },
  ]);
  await app.request(`/${SESSION}`, { method: 'DELETE' });
  const copied = `apps/lornu/users/ann/sessions/${id}`;
  const status = async (path: string) => (await get(`${path}/artifacts/a plan.pdf`)).status;
  expect([await status(SESSION), await status(copied)]).toEqual([404, 200]);
  await app.request(`/${copied}`, { method: 'DELETE' });
  expect(await status(copied)).toBe(404);
});

test('copying a missing session is refused and leaves no session behind', async () => {
  const { app, get, copy } = await conversation();
  expect((await copy({ beforeInvocationId: 'e-9' })).headers.get('x-error-code')).toBe(
    'INVOCATION_NOT_FOUND',
  );
  const absent = await app.request('/api/v1/apps/lornu/users/ann/sessions/none/copy', json({}));
  expect(absent.headers.get('x-error-code')).toBe('SESSION_NOT_FOUND');
  expect(await (await get('apps/lornu/users/ann/sessions')).json()).toHaveLength(1);
});

test('a search ignores case and emphasis, and skips thoughts and rewound events', async () => {
  const { app, say } = await conversation();
  await say('e-1', `${'x'.repeat(100)} The Ünïcode   report ${'y'.repeat(200)}`);
  await say('e-2', 'taken back');
  await app.request(`/api/v1/${SESSION}/rewind`, json({ rewindBeforeInvocationId: 'e-2' }));
  const search = async (q: string) => app.request('/api/v1/apps/lornu/users/ann/search', json({ q }));
  const found = async (q: string): Promise<unknown> => (await search(q)).json();
  expect(await found('ünïcode report')).toEqual({
    found: [
      {
        sessionId: 's1',
        invocationId: 'e-1',
        excerpt: expect.stringMatching(/^…x{35} The Ünïcode report y+…$/),
      },
    ],
  });
  await say('e-3', 'use **`serve`** now, 2*3');
  for (const words of ['use serve now', '`serve`', '2*3'])
    expect(await found(words)).toMatchObject({ found: [{ invocationId: 'e-3' }] });
  for (const words of ['secret plan', 'taken back', 'nowhere'])
    expect(await found(words)).toEqual({ found: [] });
  expect((await search('')).status).toBe(422);
});

test('a search goes through all conversations, 25 at a time', async () => {
  const { app, say } = await conversation();
  await say('e-1', 'needle');
  // Sessions are ordered by their milliseconds.
  await Bun.sleep(2);
  for (let count = 0; count < 30; count++)
    await app.services.sessions.createSession({ ...OWNER, sessionId: `later-${count}` });
  const search = async (body: object) => app.request('/api/v1/apps/lornu/users/ann/search', json(body));
  const first = await search({ q: 'needle' });
  expect(await first.json()).toEqual({ found: [] });
  const cursor = first.headers.get('x-next-cursor') ?? '';
  const second = await search({ q: 'needle', cursor });
  expect(await second.json()).toMatchObject({ found: [{ sessionId: 's1' }] });
  expect(second.headers.get('x-next-cursor')).toBeNull();
});

test('a shared session can be read with its link only, without state, until sharing ends', async () => {
  const { app, say } = await conversation();
  await say('e-1', 'one', { step: 1 }, 'first');
  const share = async (): Promise<string> =>
    ((await (await app.request(`/api/v1/${SESSION}/share`, { method: 'POST' })).json()) as { secret: string })
      .secret;
  const earlier = await share();
  const secret = await share();
  expect(secret).toMatch(/^[\w-]{32}$/);
  const open = async (path: string, given?: string) =>
    app.request(
      `/api/v1/shared/lornu/${path}`,
      given === undefined ? {} : { headers: { 'x-share-secret': given } },
    );
  const shared = (await (await open('ann/s1', secret)).json()) as Answer;
  expect(shared.state).toEqual({});
  expect(shared.events[0]).toMatchObject({
    invocationId: 'e-1',
    actions: { stateDelta: {}, artifactDelta: { report: 0 } },
  });
  expect(JSON.stringify(shared)).not.toContain(secret);
  const report = 'ann/s1/artifacts/report';
  expect(await (await open(report, secret)).json()).toEqual({ text: 'first' });
  expect((await open('ann/s1/artifacts/user:notes', secret)).status).toBe(404);
  for (const path of ['ann/s1', report])
    for (const wrong of [undefined, '', earlier, `${secret}x`, 'undefined', 'null'])
      expect([path, wrong, (await open(path, wrong)).status]).toEqual([path, wrong, 404]);
  // In the path or the query it opens nothing: both are written to access logs.
  expect((await open(`ann/s1/${secret}`)).status).toBe(404);
  expect((await open(`ann/s1?secret=${secret}`)).status).toBe(404);
  expect((await open('ben/s1', secret)).status).toBe(404);
  // A copy is not shared.
  const { id } = (await (await app.request(`/api/v1/${SESSION}/copy`, json({}))).json()) as Answer;
  expect((await open(`ann/${id}`, secret)).status).toBe(404);
  await app.request(`/api/v1/${SESSION}/share`, { method: 'DELETE' });
  for (const path of ['ann/s1', report])
    expect((await open(path, secret)).headers.get('x-error-code')).toBe('SESSION_NOT_FOUND');
});
