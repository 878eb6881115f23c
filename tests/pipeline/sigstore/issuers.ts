import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from '../../identity/certificates.ts';

/** The documents of each issuer: by host, then by path. */
type Issuers = Readonly<Record<string, () => Promise<Record<string, object>>>>;

/**
 * Serves token issuers at their real https addresses, for programs that are started with the returned environment. The
 * programs use a proxy that only knows these hosts, and trust only their certificates.
 */
export async function serveIssuers(
  issuers: Issuers,
  folder: string,
): Promise<{ env: Record<string, string>; stop: () => Promise<void> }> {
  const hosts = Object.keys(issuers);
  const authority = await createAuthority('issuers of tokens');
  const { certificate, key } = await authority.issue({
    names: hosts.map((value) => ({ type: 'dns' as const, value })),
  });
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { cert: certificate, key },
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const documents = await issuers[request.headers.get('host')?.split(':')[0] ?? '']?.();
      const found = documents?.[pathname];
      return found ? Response.json(found) : new Response(null, { status: 404 });
    },
  });
  const proxy = startProxy(hosts, server.port ?? 0);
  const trusted = join(folder, 'issuers.pem');
  await writeFile(trusted, authority.certificate);
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NO_PROXY: '127.0.0.1,localhost',
      SSL_CERT_FILE: trusted,
      SSL_CERT_DIR: folder,
    },
    stop: async () => {
      proxy.stop(true);
      await server.stop(true);
    },
  };
}

interface Tunnel {
  /** The connection to the target, after it is open. */
  other?: Bun.Socket;
  head: string;
}

/** For CONNECT requests to these hosts, opens a connection to the port. Refuses all other requests. */
function startProxy(hosts: readonly string[], port: number) {
  return Bun.listen<Tunnel>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => void (socket.data = { head: '' }),
      data: async (socket, bytes) => {
        const { data } = socket;
        if (data.other) return void data.other.write(bytes);
        data.head += bytes.toString('latin1');
        if (!data.head.includes('\r\n\r\n')) return;
        const [, host = ''] = /^CONNECT ([\w.-]+):443 /.exec(data.head) ?? [];
        if (!hosts.includes(host)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        data.other = await Bun.connect({
          hostname: '127.0.0.1',
          port,
          socket: {
            data: (_, answer) => void socket.write(answer),
            close: () => void socket.end(),
          },
        });
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      },
      close: ({ data }) => void data.other?.end(),
    },
  });
}
