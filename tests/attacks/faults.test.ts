import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { readMetricLine } from '@lornu/rehearsal/tasks/metric-line.ts';
import { SESSIONS, startTarget } from './target.ts';

// Faults roll a deployment back (terraform/aws/staging/alarms.tf), so neither input from outside nor a mistake of a
// caller, a model or an issuer may count as one.

const target = await startTarget({
  LORNU_METRICS: 'emf',
  LORNU_AGENTS_DIR: join(import.meta.dir, 'agents'),
});
await target.sendJson(SESSIONS, { sessionId: 's1' });
await target.sendJson('/apps/faulty/users/ann/sessions', { sessionId: 's2' });

afterAll(async () => target.stop());

/** Number of faults that the service has written so far. */
const written = async () =>
  (await target.log())
    .split('\n')
    .flatMap(readMetricLine)
    .filter(({ name }) => name === 'Faults')
    .reduce((sum, { values }) => sum + values.reduce((all, value) => all + value, 0), 0);

const askFaulty = async (path = '/run') =>
  (await target.sendJson(path, turn('s2', [{ text: 'hello' }], 'faulty'))).text();

/** Number of faults since the last call, without the one that is caused here to show that faults are counted. */
let known = 0;
async function faults(): Promise<number> {
  await askFaulty();
  const id = crypto.randomUUID();
  await target.send('/version', { headers: { 'x-request-id': id } });
  // Lines keep their order: once this one is there, all earlier ones are too.
  while (!(await target.log()).includes(id)) await Bun.sleep(20);
  const before = known;
  known = await written();
  return known - before - 1;
}

/** Sends raw bytes, because fetch refuses such requests. */
async function raw(head: string): Promise<number> {
  const { hostname, port } = new URL(target.url);
  const answer = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_socket, data) => answer.resolve(data.toString()),
      close: () => answer.resolve(''),
      error: () => answer.resolve(''),
    },
  });
  socket.write(`${head}\r\nconnection: close\r\n\r\n`);
  const said = await answer.promise;
  socket.end();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(said)?.[1] ?? 0);
}

const turn = (sessionId: string, parts: object[], appName = 'lornu') => ({
  appName,
  userId: 'ann',
  sessionId,
  newMessage: { role: 'user', parts },
});

test('nothing sent without a token is a fault', async () => {
  const hosts = [
    '1.2.3.4.5',
    'a:b',
    '256.256.256.256',
    '[',
    '127.0.0.1#',
    'a b',
    '%',
    '',
    '::1',
    'x'.repeat(300),
  ];
  for (const host of hosts)
    for (const path of ['/chat', '/ready', '/auth/login', '/a2a/lornu', '/.well-known/agent-card.json'])
      expect([host, path, await raw(`GET ${path} HTTP/1.1\r\nhost: ${host}`)]).not.toContain(500);
  const paths = [
    '/run',
    '/run_live',
    '/run_sse',
    '/api/reasoning_engine',
    '/a2a%2flornu',
    '/%ff',
    '/auth/callback',
  ];
  for (const path of [
    ...paths,
    SESSIONS,
    '/auth/login?returnTo=//x',
    '/auth/callback?code=x&state=y',
    '/auth/logout',
  ])
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
      for (const headers of [
        {},
        { authorization: 'Bearer x.y.z' },
        { cookie: '__Host-session=x' },
        { origin: 'http://a:b', 'x-forwarded-proto': 'https' },
        { 'x-amzn-mtls-clientcert-leaf': '%' },
      ]) {
        const init: RequestInit = { method, headers: headers as Record<string, string>, redirect: 'manual' };
        if (method !== 'GET') init.body = '{"x":';
        const { status } = await target.sendAsNobody(path, init);
        expect([method, path, headers, status < 500 || status === 503]).toEqual([
          method,
          path,
          headers,
          true,
        ]);
      }
    }
  expect(await faults()).toBe(0);
});

test('mistakes of a caller, refusals of a model and limits of a session are no faults', async () => {
  for (const [name, text] of [
    ['refused', 'simulate 403'],
    ['broken-off', 'simulate garbage after 0'],
    ['silent', 'simulate answer of nothing'],
    ['blocked', 'simulate blocked prompt'],
  ] as const) {
    await target.sendJson(SESSIONS, { sessionId: name });
    const answer = await target.sendJson('/run', turn(name, [{ text }]));
    expect([name, answer.status, answer.headers.get('x-error-code')]).not.toContain('INTERNAL');
  }
  const odd: object[][] = [
    [],
    [{}],
    [{ functionCall: { name: 'consult_peer', args: {} } }],
    [{ functionResponse: { name: 'consult_peer', response: {} } }],
    [{ functionResponse: { id: 'none', name: 'adk_request_confirmation', response: { confirmed: true } } }],
    [{ inlineData: { data: '===', mimeType: 'a' } }],
    [{ inlineData: { data: 'AAAA', mimeType: '\u0000' } }],
    [{ fileData: { fileUri: 'http://[', mimeType: 'image/png' } }],
    [{ executableCode: { code: '1', language: 'PYTHON' } }],
    [{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }],
    [{ text: '\ud800' }],
    [{ thought: true, text: 'x', thoughtSignature: 'AAAA' }],
  ];
  for (const [index, parts] of odd.entries()) {
    await target.sendJson(SESSIONS, { sessionId: `odd-${index}` });
    await (await target.sendJson('/run', turn(`odd-${index}`, parts))).text();
    await (await target.sendJson('/run', turn(`odd-${index}`, [{ text: 'hello' }]))).text();
  }
  for (const body of ['', '{', '[]', 'null', '"x"', '{"appName":1}', '['.repeat(2_000)]) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    for (const path of ['/run', '/run_sse', SESSIONS, `${SESSIONS}/s1/artifacts`])
      await target.send(path, init);
    for (const path of ['/a2a/lornu', '/a2a/lornu/message:send', '/a2a/faulty/v1/message:send'])
      await target.sendAsPeer(path, init);
  }
  await target.send(`${SESSIONS}/s1`, { method: 'PATCH', body: '{"stateDelta":{"__proto__":{"a":1}}}' });
  expect(await faults()).toBe(0);
});

test('what cannot be stored or read is refused as the mistake that it is, and the session goes on', async () => {
  for (const [name, status, more] of [
    ['large state', 422, { stateDelta: { text: 'x'.repeat(1_000_000) } }],
    ['state without a name', 422, { stateDelta: { 'user:': 1 } }],
    ['a file of this machine', 400, turn('', [{ fileData: { fileUri: 'file:///etc/passwd' } }])],
    ['a file without an address', 400, turn('', [{ fileData: { mimeType: 'image/png' } }])],
  ] as const) {
    const sessionId = name.replaceAll(' ', '-');
    await target.sendJson(SESSIONS, { sessionId });
    const refused = await target.sendJson('/run', { ...turn('', [{ text: 'hello' }]), ...more, sessionId });
    expect([name, refused.status, await refused.text()]).toEqual([name, status, expect.any(String)]);
    const next = await target.sendJson('/run', turn(sessionId, [{ text: 'hello' }]));
    expect([name, next.status]).toEqual([name, 200]);
  }
  expect(await faults()).toBe(0);
});

test('a bug that an authenticated caller meets is one fault, on every API', async () => {
  await askFaulty('/run');
  expect(await faults()).toBe(1);
  await askFaulty('/run_sse');
  expect(await faults()).toBe(1);
  const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'hello' }] };
  const answer = await target.sendAsPeer('/a2a/faulty/message:send', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  expect(answer.status).toBe(200);
  expect(await faults()).toBe(1);
});
