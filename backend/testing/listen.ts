import { connect, type Socket } from 'node:net';
import type { TestApp } from './test-app.ts';

export interface Listening {
  url: string;
  port: number;
  stop: () => Promise<void>;
}

/** Serves the app on a real socket, as serve.ts does. */
export function listen(app: Pick<TestApp, 'fetch'>): Listening {
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    development: false,
    idleTimeout: 130,
    fetch: (request) => app.fetch(request),
  });
  const port = server.port ?? 0;
  return { url: `http://127.0.0.1:${port}`, port, stop: async () => server.stop(true) };
}

/** Sends raw bytes, then calls `then` with the connection, and returns what was received until it closed. */
export async function sendRaw(
  port: number,
  bytes: string,
  then: (socket: Socket) => void = () => undefined,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => (received += data.toString()));
  // A refused connection is a valid result here.
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(received));
  socket.write(bytes);
  then(socket);
  return promise;
}
