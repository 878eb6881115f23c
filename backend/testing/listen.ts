import { connect, type Socket } from 'node:net';
import type { TestApp } from './test-app.ts';

export interface Listening {
  url: string;
  port: number;
  stop: () => Promise<void>;
}

/** The app behind a real socket, as serve.ts puts it there. */
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

/** Sends bytes as they are, does something with the connection, and gives back what came until it closed. */
export async function sendRaw(
  port: number,
  bytes: string,
  then: (socket: Socket) => void = () => undefined,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => (received += data.toString()));
  // A refused connection is a result like any other here.
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(received));
  socket.write(bytes);
  then(socket);
  return promise;
}
