import { afterAll, expect, test } from 'bun:test';

// Behaviour of Bun's server before our code sees a request. If one of these tests fails, Bun has changed: the fault is
// fixed, so remove the test and its description in docs/wire.md.

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => new Response(await request.text()),
});
afterAll(() => server.stop(true));

/** What Bun answers shortly after the head alone, and after the body. */
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

test('a capital C gets no 100 (Bun compares the value by case, RFC 9110 10.1.1 says otherwise), but the body is still accepted', async () => {
  const { early, all } = await exchange('100-Continue');
  expect(early).toBe('');
  expect(all).toContain('HTTP/1.1 200 OK');
});
