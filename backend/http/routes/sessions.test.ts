import { describe, expect, test } from 'bun:test';
import { createTestApp, json } from '../../testing/test-app.ts';

const USER = '/apps/lornu/users/ann/sessions';

async function body(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

describe('sessions', () => {
  test('is created without a body, with a UUID as id', async () => {
    const { request } = createTestApp();
    const response = await request(USER, { method: 'POST' });
    expect(response.status).toBe(200);
    const session = await body(response);
    expect(session).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/),
      appName: 'lornu',
      userId: 'ann',
      state: {},
      events: [],
      lastUpdateTime: expect.any(Number),
    });
    expect(session['lastUpdateTime']).toBeWithin(Date.now() / 1000 - 5, Date.now() / 1000 + 5);
  });

  test('both casings are read, state prefixes are kept and temp: is dropped', async () => {
    const { request } = createTestApp();
    const state = { a: 1, 'user:b': 2, 'temp:c': 3 };
    await request(USER, json({ session_id: ' s1 ', state }));
    const session = await body(await request(`${USER}/s1`));
    expect(session['state']).toEqual({ a: 1, 'user:b': 2 });
  });

  test('an existing id gives a conflict with a sentence', async () => {
    const { request } = createTestApp();
    await request(USER, json({ sessionId: 's1' }));
    const again = await request(USER, json({ sessionId: 's1' }));
    expect(again.status).toBe(409);
    expect(await body(again)).toEqual({ detail: 'Session already exists: s1' });
    expect((await request(`${USER}/s1`, { method: 'POST' })).status).toBe(409);
  });

  test('the deprecated call takes the state as its body', async () => {
    const { request } = createTestApp();
    const response = await request(`${USER}/s2`, json({ k: 1 }));
    expect(await body(response)).toMatchObject({ id: 's2', state: { k: 1 } });
  });

  test('a list is an array without events, and omits sessions of evaluations', async () => {
    const { request } = createTestApp();
    await request(USER, json({ sessionId: 's1', state: { a: 1 } }));
    await request(USER, json({ sessionId: 'adk-eval-session-1' }));
    const listed: unknown = await (await request(USER)).json();
    expect(listed).toEqual([
      {
        id: 's1',
        appName: 'lornu',
        userId: 'ann',
        state: { a: 1 },
        events: [],
        lastUpdateTime: expect.any(Number),
      },
    ]);
  });

  test('pages are requested with limit and cursor', async () => {
    const { request } = createTestApp();
    for (const id of ['a', 'b', 'c']) await request(USER, json({ sessionId: id }));
    const first = await request(`${USER}?limit=2`);
    const cursor = first.headers.get('x-next-cursor') ?? '';
    expect(await body(first)).toHaveLength(2);
    const second = await request(`${USER}?limit=2&cursor=${encodeURIComponent(cursor)}`);
    expect(await body(second)).toHaveLength(1);
    expect(second.headers.has('x-next-cursor')).toBe(false);
    expect((await request(`${USER}?limit=2&cursor=nonsense`)).status).toBe(400);
  });

  test('a state change is stored as an event of the user', async () => {
    const { request } = createTestApp();
    await request(USER, json({ sessionId: 's1', state: { a: 1 } }));
    const changed = await body(
      await request(`${USER}/s1`, json({ stateDelta: { z: 1, 'temp:q': 2 } }, 'PATCH')),
    );
    expect(changed).toMatchObject({
      state: { a: 1, z: 1, 'temp:q': 2 },
      events: [
        { author: 'user', invocationId: expect.stringMatching(/^p-/), actions: { stateDelta: { z: 1 } } },
      ],
    });
    expect((await body(await request(`${USER}/s1`)))['state']).toEqual({ a: 1, z: 1 });
  });

  test('a missing session gives 404 to read or change, and null to delete', async () => {
    const { request } = createTestApp();
    const answers = await Promise.all([
      request(`${USER}/none`),
      request(`${USER}/none`, json({ state_delta: {} }, 'PATCH')),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(await body(answer)).toEqual({ detail: 'Session not found' });
    }
    const deleted = await request(`${USER}/none`, { method: 'DELETE' });
    expect([deleted.status, await deleted.text()]).toEqual([200, 'null']);
  });

  test('events of an earlier conversation are restored, without showing our own marker', async () => {
    const { request } = createTestApp();
    const event = { author: 'user', content: { role: 'user', parts: [{ text: 'hi' }] } };
    const created = await body(await request(USER, json({ sessionId: 's1', events: [event] })));
    expect(created['events']).toMatchObject([event]);
    expect(JSON.stringify(await body(await request(`${USER}/s1`)))).not.toContain('__adk_internal');
  });

  test.each([
    [{ actions: { stateDelta: { a: 1 } } }, 'event actions'],
    [{ actions: { transferToAgent: 'x' } }, 'event actions'],
    [{ longRunningToolIds: ['a'] }, 'long-running tool IDs'],
    [
      { content: { parts: [{ functionCall: { name: 'adk_request_input' } }] } },
      'ADK protocol function calls',
    ],
    [
      { content: { parts: [{ function_response: { name: 'adk_request_confirmation' } }] } },
      'ADK protocol function calls',
    ],
  ])('a forged event %j is refused and no session is made', async (event, what) => {
    const { request } = createTestApp();
    const response = await request(USER, json({ sessionId: 's1', events: [event] }));
    expect(response.status).toBe(400);
    expect(await body(response)).toEqual({
      detail: `Session initialization event 0 cannot include ${what}.`,
    });
    expect((await request(`${USER}/s1`)).status).toBe(404);
  });

  test.each([
    [{ a: 1 }, 'Session options are not supported by the configured session service.'],
    [
      { state: 1, app_name: 2 },
      'Session options cannot contain keys already bound by the endpoint: app_name, state',
    ],
  ])('options %j are refused', async (options, detail) => {
    const { request } = createTestApp();
    const response = await request(USER, json({ options }));
    expect([response.status, await body(response)]).toEqual([400, { detail: detail }]);
  });
});

test.each(['user:', 'app:'])(
  'a state key %p without a name is refused, and nothing is stored',
  async (key) => {
    const { request } = createTestApp();
    const made = await request(
      '/apps/lornu/users/ann/sessions',
      json({ sessionId: 's', state: { [key]: 1 } }),
    );
    expect([made.status, made.headers.get('x-error-code')]).toEqual([422, 'NOT_STORABLE']);
    expect((await request('/apps/lornu/users/ann/sessions/s')).status).toBe(404);
  },
);
