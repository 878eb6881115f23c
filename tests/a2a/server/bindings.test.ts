import { afterAll, describe, expect, test } from 'bun:test';
import { rpc, textMessage, type WireTask, sendText } from './rpc.ts';
import { openFixture } from './fixture.ts';

const fixture = await openFixture();
const served = fixture.serve({ environment: { LORNU_PING_MS: '100' } });
afterAll(() => fixture.close());

const V1 = { 'a2a-version': '1.0' };
const JSON_TYPE = { 'content-type': 'application/json' };

async function rest(
  path: string,
  { body, headers = V1, method }: { body?: unknown; headers?: Record<string, string>; method?: string } = {},
) {
  return fetch(`${served.a2aUrl}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...JSON_TYPE, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** The answer's JSON, read loosely. */
// oxlint-disable-next-line typescript/no-explicit-any -- shapes are what the tests are about
const jsonOf = async (response: Response): Promise<any> => response.json();

// What clients of the SDKs do over both bindings is tested with them: js-clients.test.ts, python-clients.test.ts.

describe('versions', () => {
  const call = (version: string | undefined, query = '') =>
    fetch(`${served.a2aUrl}${query}`, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...(version === undefined ? {} : { 'a2a-version': version }) },
      body: JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'ListTasks', params: {} }),
    });

  test.each(['1.0', '1.0.0', '1.0.7', ' 1.0 '])('%p is 1.0', async (version) => {
    expect(await jsonOf(await call(version))).toMatchObject({
      id: 'a',
      result: { nextPageToken: expect.any(String) },
    });
  });

  test('the query parameter sets one too; the header takes precedence', async () => {
    expect(await jsonOf(await call(undefined, '?A2A-Version=1.0'))).toHaveProperty('result');
    expect(await jsonOf(await call('0.3', '?A2A-Version=1.0'))).toHaveProperty('error.code', -32601);
  });

  test.each([undefined, '', '0.3', '0.3.0'])(
    '%p means 0.3, which has no ListTasks; the error says what to do',
    async (version) => {
      const { error } = await jsonOf(await call(version));
      expect([error.code, error.message]).toEqual([
        -32601,
        'ListTasks is a method of A2A 1.0, and a request without A2A-Version is 0.3: send A2A-Version: 1.0.',
      ]);
    },
  );

  test.each(['1.1', '2.0', '0.2', 'one', '1', '1.0.x', '1.0, 0.3'])('%p is refused', async (version) => {
    const { error } = await jsonOf(await call(version));
    expect([error.code, error.data[0].reason]).toEqual([-32009, 'VERSION_NOT_SUPPORTED']);
    const inRest = await rest('/tasks', { headers: { 'a2a-version': version } });
    expect([inRest.status, (await jsonOf(inRest)).error.status]).toEqual([400, 'FAILED_PRECONDITION']);
  });

  test('REST without a version is 0.3, below /v1', async () => {
    const wrong = await rest('/tasks', { headers: {} });
    expect([wrong.status, (await jsonOf(wrong)).error.message]).toEqual([
      400,
      expect.stringContaining('/v1'),
    ]);
    expect((await rest('/v1/tasks/none', { headers: V1 })).status).toBe(400);
  });
});

describe('REST, A2A 1.0', () => {
  test('sends, gets, lists', async () => {
    const sent = await rest('/message:send', { body: { message: textMessage('hello') } });
    expect([sent.status, sent.headers.get('content-type')]).toEqual([200, 'application/json']);
    const accept = { ...V1, accept: 'application/a2a+json, application/json' };
    const listedAs = (await rest('/tasks', { headers: accept })).headers.get('content-type');
    expect(listedAs).toBe('application/a2a+json');
    const { task } = (await jsonOf(sent)) as { task: WireTask };
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    const got = await rest(`/tasks/${task.id}?historyLength=0`);
    expect(await jsonOf(got)).toMatchObject({ id: task.id, artifacts: [{ name: 'answer' }] });
    const listed = await jsonOf(await rest(`/tasks?contextId=${task.contextId}&includeArtifacts=true`));
    expect(listed).toMatchObject({
      tasks: [{ id: task.id, artifacts: [{}] }],
      nextPageToken: '',
      totalSize: 1,
    });
  });

  test('streams, with comments during silence', async () => {
    const response = await rest('/message:stream', {
      body: { message: textMessage('tell me a story in 3 chunks every 300 ms') },
    });
    expect(response.headers.get('content-type')).toStartWith('text/event-stream');
    const text = await response.text();
    expect(text).toContain(': ping\n\n');
    const events = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)));
    expect(Object.keys(events[0])).toEqual(['task']);
    expect(events.at(-1)).toMatchObject({ statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } });
  });

  test.each([
    ['GET', '/tasks/none', undefined, 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
    ['POST', '/tasks/none:cancel', {}, 404, 'NOT_FOUND', 'TASK_NOT_FOUND'],
    ['POST', '/message:send', {}, 400, 'INVALID_ARGUMENT', 'INVALID_PARAMS'],
    ['POST', '/message:send', '{', 400, 'INVALID_ARGUMENT', 'INVALID_PARAMS'],
    [
      'GET',
      '/tasks/none/pushNotificationConfigs',
      undefined,
      400,
      'FAILED_PRECONDITION',
      'PUSH_NOTIFICATION_NOT_SUPPORTED',
    ],
    ['GET', '/nothing', undefined, 404, 'NOT_FOUND', 'ROUTE_NOT_FOUND'],
  ] as const)('%s %s with %j is %p', async (method, path, body, status, name, reason) => {
    const response = await rest(path, { method, body });
    const { error } = await jsonOf(response);
    expect([response.status, error.code, error.status, error.details[0].reason]).toEqual([
      status,
      status,
      name,
      reason,
    ]);
    expect(error.details[0]['@type']).toBe('type.googleapis.com/google.rpc.ErrorInfo');
  });

  test('refuses other media types, and accepts both valid ones', async () => {
    const body = JSON.stringify({ message: textMessage('hello') });
    const send = (type: string) => rest('/message:send', { body, headers: { ...V1, 'content-type': type } });
    const refused = await send('text/plain');
    expect([refused.status, (await jsonOf(refused)).error.details[0].reason]).toEqual([
      415,
      'CONTENT_TYPE_NOT_SUPPORTED',
    ]);
    expect((await send('application/a2a+json; charset=utf-8')).status).toBe(200);
  });
});

describe('JSON-RPC', () => {
  const post = (body: string, headers: Record<string, string> = V1) =>
    fetch(served.a2aUrl, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });

  test.each([
    ['{', -32700, null],
    ['[]', -32600, null],
    ['"text"', -32600, null],
    ['null', -32600, null],
    ['{"jsonrpc":"1.0","id":1,"method":"GetTask"}', -32600, 1],
    ['{"jsonrpc":"2.0","id":{},"method":"GetTask"}', -32600, null],
    ['{"jsonrpc":"2.0","id":2}', -32600, 2],
    ['{"jsonrpc":"2.0","id":3,"method":"Nothing"}', -32601, 3],
    ['{"jsonrpc":"2.0","id":3,"method":"constructor"}', -32601, 3],
    ['{"jsonrpc":"2.0","id":4,"method":"GetTask","params":[]}', -32602, 4],
    ['{"jsonrpc":"2.0","id":5,"method":"GetTask","params":{}}', -32602, 5],
    ['{"jsonrpc":"2.0","id":6,"method":"GetTask","params":{"id":"none"}}', -32001, 6],
  ])('%s is %p', async (body, code, id) => {
    const response = await post(body);
    expect([response.status, await jsonOf(response)]).toMatchObject([
      200,
      { jsonrpc: '2.0', id, error: { code } },
    ]);
  });

  test.each([
    ['no message', {}],
    ['no messageId', { message: { role: 'ROLE_USER', parts: [{ text: 'x' }] } }],
    ['no parts', { message: { messageId: '1', role: 'ROLE_USER' } }],
    ['an empty part', { message: { messageId: '1', role: 'ROLE_USER', parts: [{}] } }],
    ['a part that is null', { message: { messageId: '1', role: 'ROLE_USER', parts: [null] } }],
    ["the agent's role", { message: { messageId: '1', role: 'ROLE_AGENT', parts: [{ text: 'x' }] } }],
    ['no role', { message: { messageId: '1', parts: [{ text: 'x' }] } }],
    ['a context that is a path', { message: textMessage('x', { contextId: '../x' }) }],
    ['a context that is too long', { message: textMessage('x', { contextId: 'x'.repeat(300) }) }],
    ['a negative history', { message: textMessage('x'), configuration: { historyLength: -1 } }],
  ])('refuses a message with %s', async (_what, params) => {
    expect((await rpc(served.a2aUrl, 'SendMessage', params)).error?.code).toBe(-32602);
    expect((await rpc(served.a2aUrl, 'SendStreamingMessage', params)).error?.code).toBe(-32602);
  });

  test('finds no task for a message that names a missing one', async () => {
    const { error } = await rpc(served.a2aUrl, 'SendMessage', {
      message: textMessage('x', { taskId: 'none' }),
    });
    expect(error?.code).toBe(-32001);
  });

  test('refuses nesting beyond 64 and bodies beyond the limit, without reading on', async () => {
    const deep = await post(
      `{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":${'['.repeat(70)}${']'.repeat(70)}}}`,
    );
    expect((await jsonOf(deep)).error.code).toBe(-32602);
    const large = await post('x'.repeat(50 * 1024 * 1024));
    expect([large.status, (await jsonOf(large)).error.data[0].reason]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  test('accepts a message of a megabyte', async () => {
    const task = await sendText(served.a2aUrl, `hello ${'x'.repeat(1_000_000)}`);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  });

  test('does not wait if the caller asks for an immediate answer', async () => {
    const { result } = await rpc(served.a2aUrl, 'SendMessage', {
      message: textMessage('tell me a story in 40 chunks every 50 ms'),
      configuration: { returnImmediately: true },
    });
    const { task } = result as unknown as { task: WireTask };
    expect(task.status.state).toBe('TASK_STATE_WORKING');
    await rpc(served.a2aUrl, 'CancelTask', { id: task.id });
  });
});

describe('A2A 0.3', () => {
  const message = { kind: 'message', messageId: '1', role: 'user', parts: [{ kind: 'text', text: 'hello' }] };

  test.each([
    ['tasks/get', { id: 'none' }, -32001],
    ['tasks/get', {}, -32602],
    ['message/send', {}, -32602],
    ['message/send', { message: { ...message, parts: [{ kind: 'smell' }] } }, -32602],
    ['message/send', { message: { ...message, parts: 'x' } }, -32602],
    ['message/stream', { message: 7 }, -32602],
    [
      'tasks/pushNotificationConfig/set',
      { taskId: 'none', pushNotificationConfig: { url: 'https://x.example' } },
      -32003,
    ],
    ['nothing', {}, -32601],
  ])('%s with %j is %p', async (method, params, code) => {
    expect((await rpc(served.a2aUrl, method, params, { version: '0.3' })).error?.code).toBe(code);
  });

  test('REST takes a file, and gives an error of 0.3', async () => {
    const content = [
      { text: 'hello' },
      { file: { fileWithBytes: 'AAAA', mimeType: 'image/png', name: 'a.png' } },
    ];
    const sent = await rest('/v1/message:send', {
      headers: {},
      body: { message: { messageId: '1', role: 'ROLE_USER', content } },
    });
    expect((await jsonOf(sent)).task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      history: [{ content: [{ text: 'hello' }, {}] }],
    });
    const missing = await rest('/v1/tasks/none', { headers: {} });
    expect([missing.status, (await jsonOf(missing)).code]).toEqual([404, -32001]);
  });
});
