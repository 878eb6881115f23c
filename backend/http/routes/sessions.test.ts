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
