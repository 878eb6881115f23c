import { afterAll, expect, test } from 'bun:test';

// What Bun's server does before our code sees a request. Each test that turns red tells of a Bun that has changed: then
// the fault is mended, and what is written here and in docs/wire.md goes.

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => new Response(await request.text()),
});
afterAll(() => server.stop(true));

/** What comes back for the head alone within a moment, and for the body after it. */
async function exchange(expectation: string): Promise<{ early: string; all: string }> {
  let received = '';
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: server.port ?? 0,
    socket: {
      data: (_socket, bytes) => {
        received += bytes.toString();
        if (received.includes('200 OK')) resolve();
      },
    },
  });
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\nexpect: ${expectation}\r\ncontent-length: 2\r\n\r\n`);
  await Bun.sleep(150);
  const early = received;
  socket.write('hi');
  await answered;
  socket.end();
  return { early, all: received };
}

test('Expect: 100-continue is answered with 100 before the body', async () => {
  expect((await exchange('100-continue')).early).toContain('HTTP/1.1 100');
});

test('a capital C gets no 100 (Bun compares the value by case, RFC 9110 10.1.1 says otherwise): the body is taken all the same', async () => {
  const { early, all } = await exchange('100-Continue');
  expect(early).toBe('');
  expect(all).toContain('HTTP/1.1 200 OK');
});
