import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { until } from '../support/until.ts';
import { SESSIONS, startTarget } from './target.ts';

// Starts the service with its issuer and its model.
setDefaultTimeout(120_000);

const SESSION = 's1';
const RUNS = `/api/v1${SESSIONS}/${SESSION}/runs`;
/** Longer than any response or refusal takes on any machine. A request that needs longer hangs. */
const HANGS_MS = 30_000;

const target = await startTarget({ LORNU_LIMIT_STREAMS: '1000' });
await target.sendJson(SESSIONS, { sessionId: SESSION });
afterAll(async () => target.stop());

const message = (text: string) => ({
  appName: 'lornu',
  userId: 'ann',
  sessionId: SESSION,
  streaming: true,
  newMessage: { role: 'user', parts: [{ text }] },
});

/** Plays a complete turn. Returns its run's id and the ids of its frames. */
async function wholeTurn(text: string): Promise<{ run: string; ids: string[] }> {
  const answer = await target.sendJson('/run_sse', message(text));
  const body = await answer.text();
  expect([answer.status, body]).toEqual([200, expect.stringContaining('run completed')]);
  return { run: answer.headers.get('lornu-run-id') ?? '', ids: idsIn(body) };
}

const idsIn = (body: string): string[] => [...body.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');

/** Sends a request over a separate connection, and never reads the response. */
function sendUnread(path: string, body: string): Socket {
  const { hostname, port } = new URL(target.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  const headers = Object.entries({
    host: `${hostname}:${port}`,
    'content-type': 'application/json',
    'content-length': `${Buffer.byteLength(body)}`,
    ...target.headers,
  });
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`${body ? 'POST' : 'GET'} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
  return socket;
}

async function statusOf(answering: Promise<Response>): Promise<number | 'hangs'> {
  const answer = await Promise.race([answering, Bun.sleep(HANGS_MS)]);
  if (!answer) return 'hangs';
  await answer.body?.cancel();
  return answer.status;
}

const descriptors = async (): Promise<number> => (await readdir(`/proc/${target.pid}/fd`)).length;

test('a client that never reads, or resets its connection, delays neither its turn nor others', async () => {
  const unread = sendUnread('/run_sse', JSON.stringify(message('count to 40 every 20 ms')));
  const runs = async () => (await (await target.send(RUNS)).json()) as { id: string; state: string }[];
  const run = await until(async () => (await runs()).find(({ state }) => state === 'running'));
  const half = Array.from({ length: 40 }, () => sendUnread(`${RUNS}/${run.id}/frames`, ''));
  for (const socket of half.slice(0, 20)) socket.resetAndDestroy();
  await until(async () => (await runs()).find(({ id }) => id === run.id)?.state === 'completed', {
    withinMs: HANGS_MS,
    what: 'The end of a turn that nobody reads',
  });
  const replay = await (await target.send(`${RUNS}/${run.id}/frames`)).text();
  expect(replay).toContain('39 40');
  for (const socket of [unread, ...half]) socket.destroy();
  await wholeTurn('hello');
});

test('many readers that reconnect at once each continue from their last frame, and leave nothing open', async () => {
  const { run, ids } = await wholeTurn('count to 20');
  const before = await descriptors();
  const statuses = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const from = ids[index % ids.length] ?? '';
      const answer = await target.send(`${RUNS}/${run}/frames`, { headers: { 'last-event-id': from } });
      // Half of the readers leave before they have read anything.
      if (index % 2 === 0) await answer.body?.cancel();
      else expect(idsIn(await answer.text())).toEqual(ids.slice((index % ids.length) + 1));
      return answer.status;
    }),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  // The clients close their idle connections after a while. Those are not connections of the streams.
  await until(async () => (await descriptors()) < before + 300, { withinMs: HANGS_MS });
  expect((await target.send(RUNS)).status).toBe(200);
});

test('an invalid last event id is refused as an error of the client', async () => {
  const { run } = await wholeTurn('count to 3');
  const odd = [
    `${run}:-1`,
    `${run}:999999999`,
    `${run}:99999999999999999999`,
    `${run}:1e3`,
    `${run}:NaN`,
    `${run}:`,
    `:${run}:0`,
    '0',
    'nobody:0',
    '../../etc/passwd',
    '%00',
    '\u00e9\u00ff',
    '{"run":1}',
    'a'.repeat(6_000),
  ];
  for (const id of odd) {
    const headers = { 'last-event-id': id };
    expect([id, await statusOf(target.send(`${RUNS}/${run}/frames`, { headers }))]).toEqual([id, 400]);
  }
});

test.each([
  ['a WebSocket', { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' }],
  [
    'HTTP/2 without TLS',
    { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' },
  ],
])('a request for %s is answered as if it were absent, or refused', async (_what, headers) => {
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  for (const path of ['/run_live', '/run_sse', RUNS, '/health']) {
    const status = await statusOf(target.send(path, { headers: { ...headers, ...key } }));
    expect([path, typeof status === 'number' && status < 500]).toEqual([path, true]);
  }
});

test('WebSocket frames in place of a request are not accepted as a request', async () => {
  const { hostname, port } = new URL(target.url);
  for (const bytes of [
    Buffer.from([0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6f, 0x68, 0x6e]),
    Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from('data: {"event":1}\n\n'),
  ]) {
    const socket = connect(Number(port), hostname);
    const closed = new Promise<string>((resolve) => {
      let received = '';
      socket.on('data', (data) => (received += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(received));
    });
    socket.end(bytes);
    const answer = await Promise.race([closed, Bun.sleep(HANGS_MS).then(() => 'hangs')]);
    expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d /);
  }
  expect((await fetch(`${target.url}/health`)).status).toBe(200);
});

test('the service counted none of this as a fault', async () => {
  expect(await target.log()).not.toContain('"code":"INTERNAL"');
});
