import { afterAll, beforeEach, expect, test } from 'bun:test';
import { listen, sendRaw } from '../testing/listen.ts';
import { createTestApp } from '../testing/test-app.ts';

const USER = '/apps/lornu/users/ann/sessions';
const HOST = 'host: 127.0.0.1\r\nconnection: close\r\n';

const app = createTestApp({ LORNU_BODY_TIMEOUT_MS: '300' });
const server = listen(app);
beforeEach(() => void app.logged.splice(0));
afterAll(() => server.stop());

function post(path: string, headers: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\n${HOST}content-type: application/json\r\n${headers}\r\n${body}`;
}

async function nothingStored(): Promise<boolean> {
  return (await (await fetch(`${server.url}${USER}`)).text()) === '[]';
}

test.each([
  ['headers over 16 KB', `GET /health HTTP/1.1\r\n${HOST}x: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['no HTTP at all', '\x01\x02 garbage\r\n\r\n', 400],
  ['a length that is no number', post(USER, 'content-length: -4\r\n', '{}'), 400],
  [
    'a length and chunks (request smuggling)',
    post(USER, 'content-length: 4\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  ['a length beyond every limit', post(USER, 'content-length: 99999999999\r\n', '{}'), 413],
  [
    'two hosts',
    'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nhost: evil.example\r\n\r\n',
    403,
  ],
])('%s: refused, and the next request is served', async (_what, bytes, status) => {
  const answer = await sendRaw(server.port, bytes);
  expect(answer).toStartWith(`HTTP/1.1 ${status} `);
  expect(answer).not.toContain('at ');
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect(await nothingStored()).toBe(true);
});

test('a body beyond the limit is refused by its declared length, before it is sent', async () => {
  const answer = await sendRaw(server.port, post(USER, 'content-length: 6000000\r\n', '{'), (socket) =>
    socket.once('data', () => socket.destroy()),
  );
  expect(answer).toContain('{"detail":"The request body is too large."}');
});

test('a slow body is given up, whatever arrives', async () => {
  const answer = await sendRaw(server.port, post(USER, 'content-length: 1000\r\n', '{'), (socket) => {
    const drip = setInterval(() => socket.write(' '), 50);
    socket.once('data', () => {
      clearInterval(drip);
      socket.destroy();
    });
  });
  expect(answer).toStartWith('HTTP/1.1 408 ');
  expect(await nothingStored()).toBe(true);
});

test.each([
  ['408', 1_000],
  ['413', 6_000_000],
])('after %s the connection is closed, however long its body goes on', async (status, length) => {
  const alive = `POST ${USER} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n{`;
  // Resolves when the server closes the connection.
  const answer = await sendRaw(server.port, alive, (socket) => {
    const drip = setInterval(() => socket.write(' '), 20);
    socket.once('close', () => clearInterval(drip));
    socket.once('error', () => clearInterval(drip));
  });
  expect(answer).toStartWith(`HTTP/1.1 ${status} `);
});

test('a client that disconnects in the middle of its body stores nothing and is not logged as a bug', async () => {
  await sendRaw(server.port, post(USER, 'content-length: 1000\r\n', '{"sessionId":"half"'), (socket) => {
    setTimeout(() => socket.destroy(), 50);
  });
  await Bun.sleep(50);
  expect(await nothingStored()).toBe(true);
  expect(app.logged.find((line) => line['method'] === 'POST')).toMatchObject({ status: 400 });
  expect(app.logged.filter((line) => line['level'] === 'error')).toEqual([]);
});
