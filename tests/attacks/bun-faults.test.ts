import { afterAll, describe, expect, test } from 'bun:test';
import { createTestApp } from '../../backend/testing/test-app.ts';
import { serveHere } from '../support/serve-here.ts';

// Faults of Bun before our code sees a request. If one of these tests fails, a new Bun has fixed the fault, and our
// workaround for it can go.

const { fetch } = createTestApp();
const server = serveHere((request) => fetch(request));

afterAll(() => server.stop(true));

/** All responses to these bytes, until the connection ends or has been silent for a while. */
async function answerTo(text: string): Promise<{ answers: string[]; isClosed: boolean }> {
  let said = '';
  let isClosed = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: server.port ?? 0,
    socket: {
      data: (_socket, data) => void (said += data.toString()),
      close: () => {
        isClosed = true;
        resolve();
      },
    },
  });
  socket.write(text);
  await Promise.race([promise, Bun.sleep(1_000)]);
  const closedByServer = isClosed;
  socket.end();
  return { answers: said.split(/(?=HTTP\/1\.1 )/).filter(Boolean), isClosed: closedByServer };
}

const HOST = 'Host: 127.0.0.1\r\n';
const CHUNKED = `POST /nothing HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n`;

describe('a chunked body with a trailer', () => {
  test('is answered twice (oven-sh/bun#32887), and the first response closes the connection', async () => {
    const { answers, isClosed } = await answerTo(`${CHUNKED}X-T: 1\r\n\r\n`);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 404 [\s\S]*\r\nconnection: close\r\n/i);
    expect(answers[1]).toStartWith('HTTP/1.1 400 ');
    expect([answers.length, isClosed]).toEqual([2, true]);
  });

  test('and nothing after it on the connection is answered', async () => {
    const next = `GET /health HTTP/1.1\r\n${HOST}\r\n`;
    for (const end of ['\r\n', 'X-T: 1\r\n\r\n']) {
      const { answers } = await answerTo(`${CHUNKED}${end}${next}`);
      expect(answers.join('')).not.toContain('"status":"ok"');
    }
  });
});

test.each([
  ['a space in the path', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
  ['HTTP/0.9', 'GET /health\r\n\r\n'],
  ['bare line feeds', 'GET /health HTTP/1.1\nHost: 127.0.0.1\n\n'],
])('%s is 505 from Bun, where 400 would be right; the connection is closed', async (_name, text) => {
  const { answers, isClosed } = await answerTo(text);
  expect(answers).toEqual([expect.stringMatching(/^HTTP\/1\.1 505 /)]);
  expect(isClosed).toBe(true);
});

test('two Host headers, which Bun joins, are refused here', async () => {
  const { answers } = await answerTo(`GET /health HTTP/1.1\r\n${HOST}${HOST}\r\n`);
  expect(answers).toEqual([expect.stringMatching(/^HTTP\/1\.1 (?:400|403) /)]);
});

test('a method that HTTP does not define is never answered like GET', async () => {
  const { answers } = await answerTo(`FOO /health HTTP/1.1\r\n${HOST}\r\n`);
  expect(answers.join('')).not.toContain('"status":"ok"');
});

test('a body with a length keeps its connection open', async () => {
  const body = JSON.stringify({});

  const head = `POST /nothing HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const { answers, isClosed } = await answerTo(`${head}${body}GET /health HTTP/1.1\r\n${HOST}\r\n`);
  expect([answers.length, isClosed]).toEqual([2, false]);
  expect(answers[1]).toContain('"status":"ok"');
});
