import { describe, expect, test } from 'bun:test';
import { ERROR_CODE_HEADER } from '../errors/app-error.ts';
import { createTestApp, json } from '../testing/test-app.ts';

const USER = '/apps/lornu/users/ann/sessions';

async function answer(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

function raw(body: string | Uint8Array<ArrayBuffer>, contentType = 'application/json'): RequestInit {
  return { method: 'POST', headers: { 'content-type': contentType }, body };
}

function nested(depth: number): string {
  return `{"state":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
}

describe('requests of the wrong form', () => {
  test('a turn with several faults lists all of them, in the order of the fields', async () => {
    const { request } = createTestApp();
    const response = await request(
      '/run',
      json({
        appName: 'lornu',
        userId: 1,
        sessionId: null,
        streaming: 'maybe',
        newMessage: {
          role: 1,
          parts: [{ text: 5, foo: 1, inlineData: { data: '###', mimeType: 4 } }],
          bar: 1,
        },
        stateDelta: [],
        customMetadata: 'x',
      }),
    );
    const { detail } = (await response.json()) as { detail: { type: string; loc: unknown[] }[] };
    expect(response.status).toBe(422);
    expect(detail.map(({ type, loc }) => `${type} ${loc.slice(1).join('.')}`)).toEqual([
      'string_type userId',
      'string_type sessionId',
      'bytes_invalid_encoding newMessage.parts.0.inlineData.data',
      'string_type newMessage.parts.0.inlineData.mimeType',
      'string_type newMessage.parts.0.text',
      'extra_forbidden newMessage.parts.0.foo',
      'string_type newMessage.role',
      'extra_forbidden newMessage.bar',
      'bool_parsing streaming',
      'dict_type stateDelta',
      'dict_type customMetadata',
    ]);
  });

  test('nesting beyond 64, however deep, is refused without recursion', async () => {
    const { request } = createTestApp();
    expect((await request(USER, raw(nested(62)))).status).toBe(200);
    expect((await request(USER, raw(nested(63)))).status).toBe(422);
    expect((await request(USER, raw('['.repeat(1_000_000)))).status).toBe(422);
    expect((await request(USER, raw(JSON.stringify({ state: { a: '[{'.repeat(500) } })))).status).toBe(200);
  });

  test.each([
    ['a number that JSON readers turn into Infinity', '1e999', 'A number is too large'],
    ['the key __proto__', '{"__proto__":1}', 'No object may have the key __proto__'],
    [
      'the key __proto__, written with escapes',
      '[{"\\u005f_pr\\u006fto__":1}]',
      'No object may have the key',
    ],
  ])('%s is refused wherever it is, and nothing is stored', async (_name, value, sentence) => {
    const { request } = createTestApp();
    await request(USER, json({ sessionId: 's', state: { kept: '__proto__ 1e999' } }));
    const before = await (await request(`${USER}/s`)).text();
    const turn = `"appName":"lornu","userId":"ann","sessionId":"s"`;
    const message = `"newMessage":{"parts":[{"functionResponse":{"id":"c","name":"f","response":{"a":${value}}}}]}`;
    for (const [path, method, body] of [
      [USER, 'POST', `{"sessionId":"t","state":{"a":${value}}}`],
      [USER, 'POST', `{"sessionId":"t","events":[{"author":"root","customMetadata":{"a":${value}}}]}`],
      [`${USER}/s`, 'PATCH', `{"stateDelta":{"a":${value}}}`],
      [`${USER}/s`, 'PATCH', `{"stateDelta":${value}}`],
      ['/run', 'POST', `{${turn},"stateDelta":{"a":${value}}}`],
      ['/run_sse', 'POST', `{${turn},${message}}`],
    ] as const) {
      const response = await request(path, { ...raw(body), method });
      expect([body, response.status, response.headers.get(ERROR_CODE_HEADER)]).toEqual([
        body,
        422,
        'INVALID_REQUEST',
      ]);
      expect(await response.text()).toContain(sentence);
    }
    const asPeer = `{"jsonrpc":"2.0","id":1,"method":"message/send","params":{"metadata":{"a":${value}}}}`;
    expect(await (await request('/a2a/lornu', raw(asPeer))).text()).toContain(sentence);
    expect(await (await request(`${USER}/s`)).text()).toBe(before);
    expect((await request(`${USER}/t`)).status).toBe(404);
  });

  test('the response does not grow with the number of faults', async () => {
    const { request } = createTestApp();
    const parts = Array.from({ length: 5_000 }, () => ({ text: 1 }));
    const response = await request('/run', json({ userId: 'u', sessionId: 's', newMessage: { parts } }));
    expect((await response.text()).length).toBeLessThan(20_000);
    const long = await request(USER, json({ sessionId: ['x'.repeat(100_000)] }));
    expect((await long.text()).length).toBeLessThan(5_000);
  });

  test('a message and an artifact have a limit of their own', async () => {
    const { request, services } = createTestApp({
      LORNU_MAX_BODY_BYTES: '1000',
      LORNU_MAX_MESSAGE_BYTES: '4000',
      LORNU_MAX_UPLOAD_BYTES: '9000',
    });
    await services.sessions.createSession({ appName: 'lornu', userId: 'u', sessionId: 's' });
    const message = (size: number) => () => {
      const newMessage = { parts: [{ inlineData: { mimeType: 'a/b', data: 'A'.repeat(size) } }] };
      return request('/run', json({ appName: 'lornu', userId: 'u', sessionId: 's', newMessage }));
    };
    const artifact = (size: number) => () => {
      const body = { filename: 'a', artifact: { inlineData: { mimeType: 'a/b', data: 'A'.repeat(size) } } };
      return request('/apps/lornu/users/u/sessions/s/artifacts', json(body));
    };
    const statuses: number[] = [];
    for (const send of [message(3_600), message(4_000), artifact(11_000), artifact(14_000)])
      statuses.push((await send()).status);
    expect(statuses).toEqual([200, 413, 200, 413]);
  });

  test('what each event or row of a list would repeat is small', async () => {
    const { request, services } = createTestApp();
    await services.sessions.createSession({ appName: 'lornu', userId: 'u', sessionId: 's' });
    const turn = { appName: 'lornu', userId: 'u', sessionId: 's', newMessage: { parts: [{ text: 'hi' }] } };
    const large = 'x'.repeat(20_000);
    const artifact = { inlineData: { mimeType: 'a/b', data: 'AAAA' } };
    const save = (more: object) => ({ filename: 'a', artifact, ...more });
    const artifacts = '/apps/lornu/users/u/sessions/s/artifacts';
    const statuses: unknown[] = [];
    for (const [path, body] of [
      ['/run', { ...turn, customMetadata: { large } }],
      ['/run', { ...turn, invocationId: large }],
      ['/run', { ...turn, functionCallEventId: large }],
      ['/run', { ...turn, customMetadata: { a: 'x'.repeat(10_000) }, invocationId: 'x'.repeat(500) }],
      [artifacts, save({ customMetadata: { large } })],
      [artifacts, save({ artifact: { inlineData: { ...artifact.inlineData, displayName: large } } })],
      [artifacts, save({ artifact: { fileData: { fileUri: `https://a.example/${large}` } } })],
      [artifacts, save({ customMetadata: { a: 'x'.repeat(5_000) } })],
    ] as const)
      statuses.push((await request(path, json(body))).status);
    expect(statuses).toEqual([422, 422, 422, 200, 400, 400, 400, 200]);
  });

  test('a body beyond the limit is refused, declared or not', async () => {
    const { request } = createTestApp({ LORNU_MAX_BODY_BYTES: '1000' });
    const large = JSON.stringify({ state: { a: 'x'.repeat(2_000) } });
    expect(await answer(await request(USER, raw(large)))).toEqual([
      413,
      { detail: 'The request body is too large.' },
    ]);
    const streamed = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600));
      },
    });
    const chunked = await request(USER, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: streamed,
    });
    expect(chunked.status).toBe(413);
  });

  test('a body that arrives too slowly is refused after a time limit', async () => {
    const { request } = createTestApp({ LORNU_BODY_TIMEOUT_MS: '30' });
    const dripping = new ReadableStream({
      async pull(controller) {
        await Bun.sleep(10);
        controller.enqueue(new TextEncoder().encode(' '));
      },
    });
    const response = await request(USER, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: dripping,
    });
    expect(await answer(response)).toEqual([408, { detail: 'The request body did not arrive in time.' }]);
  });
});

describe('names', () => {
  test.each(['a/b', '.', '..', '..\0😀', 'a\nb', '__x__', 'x'.repeat(513)])(
    'the session id %j is refused and nothing is stored',
    async (sessionId) => {
      const { request } = createTestApp();
      const response = await request(USER, json({ sessionId }));
      expect(response.status).toBe(400);
      expect(((await response.json()) as { detail: string }).detail).toStartWith('Invalid session id: it ');
      expect(await (await request(USER)).text()).toBe('[]');
    },
  );

  test('emoji, per cent signs and inner spaces are accepted, and the session is found again', async () => {
    const { request } = createTestApp();
    for (const id of ['😀', '100%', '%41', 'a b', 'a:b', '...']) {
      expect((await request(USER, json({ sessionId: id }))).status).toBe(200);
      const found = await request(`${USER}/${encodeURIComponent(id)}`);
      expect(((await found.json()) as { id: string }).id).toBe(id);
    }
  });

  test.each(['a%2Fb', 'a/b'])('a path with the session id %s names no route, as in Python', async (id) => {
    const { request } = createTestApp();
    expect(await answer(await request(`${USER}/${id}`))).toEqual([404, { detail: 'Not Found' }]);
  });

  test.each(['a%00b', '%F0%9F%98%80', '%FF', '%zz', 'x'.repeat(10_000)])(
    'a path with the session id %s finds nothing',
    async (id) => {
      const { request } = createTestApp();
      expect(await answer(await request(`${USER}/${id}`))).toEqual([404, { detail: 'Session not found' }]);
    },
  );
});
