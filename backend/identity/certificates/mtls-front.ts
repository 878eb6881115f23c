import { connect, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type ClientCertificate, readCertificate } from './client-certificate.ts';

export interface MtlsFrontOptions {
  host: string;
  port: number;
  /** PEM: our certificate with its chain, its key, and the CAs of peers. */
  certificate: string;
  key: string;
  authorities: string;
  /** Handles requests; `certificate` is the verified one of the request's connection. */
  fetch: (
    request: Request,
    server: Bun.Server<unknown>,
    certificate: ClientCertificate,
  ) => Response | Promise<Response> | undefined;
  onRefused?: (reason: string) => void;
  limits?: Partial<MtlsFrontLimits>;
}

export interface MtlsFrontLimits {
  /** Milliseconds for a client's handshake, and then for the head of its first request. */
  handshakeMs: number;
  requestMs: number;
  /** Most connections with an unfinished handshake, and in total. */
  unfinished: number;
  connections: number;
}

/** Far below the 1,024 files that a process may open: a flood here must leave room for the other port. */
const LIMITS: MtlsFrontLimits = { handshakeMs: 10_000, requestMs: 30_000, unfinished: 64, connections: 256 };

/** The peer of a connection, and how to close it if no request comes. */
interface Client {
  certificate: ClientCertificate;
  timer: ReturnType<typeof setTimeout>;
}

export interface MtlsFront {
  port: number;
  stop(): Promise<void>;
}

/**
 * Mutual TLS in the service itself. On Bun, neither Bun.serve nor node:https exposes the client's certificate, but
 * node:tls does. So node:tls terminates TLS here and pipes the bytes to an inner listener on loopback, which knows a
 * connection's certificate by its source port. No header carries the identity, so none can be forged; connections to
 * the inner listener that are not from the front are refused.
 */
export async function startMtlsFront(options: MtlsFrontOptions): Promise<MtlsFront> {
  const limits = { ...LIMITS, ...options.limits };
  const clients = new Map<number, Client>();
  const inner = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    development: false,
    // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
    reusePort: false,
    fetch(request, server) {
      const client = clients.get(server.requestIP(request)?.port ?? 0);
      if (client === undefined) return new Response(null, { status: 403 });
      clearTimeout(client.timer);
      return options.fetch(request, server, client.certificate) as Response | Promise<Response>;
    },
  });

  const sockets = new Set<Socket>();
  const unfinished = new Set<Socket>();
  const tlsOptions: TlsOptions = {
    cert: options.certificate,
    key: options.key,
    ca: options.authorities,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: limits.handshakeMs,
  };
  const front = createServer(tlsOptions, (outer) => {
    unfinished.delete(outer);
    outer.on('error', () => outer.destroy());
    const certificate = readPeer(outer);
    if (certificate === undefined) {
      options.onRefused?.('no certificate that can be read');
      outer.destroy();
      return;
    }
    // The first request stops this timer; later requests of a connection may take any time.
    const timer = setTimeout(() => outer.destroy(), limits.requestMs);
    outer.once('close', () => clearTimeout(timer));
    bridge(outer, inner.port ?? 0, { certificate, timer }, clients);
  });
  front.on('connection', (socket: Socket) => {
    if (unfinished.size >= limits.unfinished || sockets.size >= limits.connections) {
      options.onRefused?.('too many connections');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    unfinished.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      unfinished.delete(socket);
    });
  });
  front.on('tlsClientError', (error: Error & { code?: string }, socket: Socket) => {
    options.onRefused?.(error.code ?? 'handshake failed');
    // Bun reports a handshake that takes too long but leaves the connection open.
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(options.port, options.host, resolve);
  });
  const address = front.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async stop() {
      front.close();
      for (const socket of sockets) socket.destroy();
      await inner.stop(true);
    },
  };
}

/** node:tls sets `authorized` once the chain leads to one of the CAs. */
function readPeer(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const { raw } = socket.getPeerCertificate(false);
  return raw === undefined ? undefined : readCertificate(raw);
}

function bridge(outer: TLSSocket, port: number, client: Client, clients: Map<number, Client>): void {
  const innerSocket = connect({ host: '127.0.0.1', port }, () => {
    const { localPort = 0 } = innerSocket;
    clients.set(localPort, client);
    innerSocket.once('close', () => clients.delete(localPort));
    outer.pipe(innerSocket);
    innerSocket.pipe(outer);
  });
  innerSocket.on('error', () => outer.destroy());
  innerSocket.once('close', () => outer.destroy());
  outer.once('close', () => innerSocket.destroy());
}
