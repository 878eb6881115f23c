import { connect, createServer, type Socket } from 'node:net';

/** One loopback port for gRPC and REST, as Google's emulator has it. */
export interface Front {
  port: number;
  /** Cuts all connections and stops listening. */
  stop: () => void;
}

/** How every HTTP/2 connection, and so every gRPC one, begins. */
const HTTP_2 = Buffer.from('PRI');

/** Listens on a loopback port and passes each connection on by its first bytes. Throws if the port is taken. */
export async function listenForBoth(port: number, targets: { grpc: number; rest: number }): Promise<Front> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    track(client);
    client.once('data', (first: Buffer) => {
      client.pause();
      const isGrpc = first.subarray(0, HTTP_2.length).equals(HTTP_2);
      const target = connect(isGrpc ? targets.grpc : targets.rest, '127.0.0.1');
      track(target);
      target.write(first);
      client.pipe(target).pipe(client);
      client.on('close', () => target.destroy());
      target.on('close', () => client.destroy());
    });
  });
  function track(socket: Socket): void {
    open.add(socket.setNoDelay(true));
    // A broken connection is not the stand-in's fault.
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
  }
  const bound = Promise.withResolvers<void>();
  server.on('error', bound.reject).listen(port, '127.0.0.1', bound.resolve);
  await bound.promise;
  return {
    port: (server.address() as { port: number }).port,
    stop: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
