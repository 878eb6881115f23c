import { connect, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type ClientCertificate, readCertificate } from './client-certificate.ts';

export interface MtlsFrontOptions {
  host: string;
  port: number;
  /** PEM: our certificate with its chain, its key, and the authorities of peers. */
  certificate: string;
  key: string;
  authorities: string;
  /** Answers the requests; `certificate` is the verified one of the connection that a request came on. */
  fetch: (
    request: Request,
    server: Bun.Server<unknown>,
    certificate: ClientCertificate,
  ) => Response | Promise<Response> | undefined;
  onRefused?: (reason: string) => void;
}

export interface MtlsFront {
  port: number;
  stop(): Promise<void>;
}

/**
 * Mutual TLS in the service itself. Neither Bun.serve nor node:https shows the peer's certificate on Bun, but
 * node:tls does. So node:tls ends TLS here and passes the bytes to a listener of our own on loopback; which
 * connection belongs to which certificate is known by the port that it comes from. No header carries the
 * identity, so none can be forged, and a connection to the inner listener that is not the front's is refused.
 */
export async function startMtlsFront(options: MtlsFrontOptions): Promise<MtlsFront> {
  const certificates = new Map<number, ClientCertificate>();
  const inner = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    development: false,
    fetch(request, server) {
      const certificate = certificates.get(server.requestIP(request)?.port ?? 0);
      if (certificate === undefined) return new Response(null, { status: 403 });
      return options.fetch(request, server, certificate) as Response | Promise<Response>;
    },
  });

  const sockets = new Set<Socket>();
  const tlsOptions: TlsOptions = {
    cert: options.certificate,
    key: options.key,
    ca: options.authorities,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  };
  const front = createServer(tlsOptions, (outer) => {
    sockets.add(outer);
    outer.once('close', () => sockets.delete(outer));
    outer.on('error', () => outer.destroy());
    const certificate = readPeer(outer);
    if (certificate === undefined) {
      options.onRefused?.('no certificate that can be read');
      outer.destroy();
      return;
    }
    bridge(outer, inner.port ?? 0, certificate, certificates);
  });
  front.on('tlsClientError', (error: Error & { code?: string }) =>
    options.onRefused?.(error.code ?? 'handshake failed'),
  );
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

/** `authorized` is set by node:tls once the chain leads to one of the authorities. */
function readPeer(socket: TLSSocket): ClientCertificate | undefined {
  if (!socket.authorized) return undefined;
  const { raw } = socket.getPeerCertificate(false);
  return raw === undefined ? undefined : readCertificate(raw);
}

function bridge(
  outer: TLSSocket,
  port: number,
  certificate: ClientCertificate,
  certificates: Map<number, ClientCertificate>,
): void {
  const innerSocket = connect({ host: '127.0.0.1', port }, () => {
    const { localPort = 0 } = innerSocket;
    certificates.set(localPort, certificate);
    innerSocket.once('close', () => certificates.delete(localPort));
    outer.pipe(innerSocket);
    innerSocket.pipe(outer);
  });
  innerSocket.on('error', () => outer.destroy());
  innerSocket.once('close', () => outer.destroy());
  outer.once('close', () => innerSocket.destroy());
}
