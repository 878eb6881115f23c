import { createServer, type Socket } from 'node:net';
import { serveHere } from '../../support/serve-here.ts';

export interface Received {
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

export interface Webhook {
  url: string;
  received: Received[];
  stop: () => Promise<void>;
}

/** A receiver of notifications. It answers with these statuses in order, then with 200. */
export function startWebhook(statuses: number[] = []): Webhook {
  const received: Received[] = [];
  const server: Bun.Server<unknown> = serveHere(async (request) => {
    const body = (await request.json()) as Record<string, unknown>;
    received.push({
      path: new URL(request.url).pathname,
      headers: Object.fromEntries(request.headers),
      body,
    });
    const status = statuses.shift() ?? 200;
    const headers = status === 302 ? { location: `${server.url.origin}/metadata` } : {};
    return new Response(null, { status, headers });
  });
  return { url: `${server.url.origin}/hook`, received, stop: () => server.stop(true) };
}

/** A receiver that accepts connections and never answers. */
export async function startSilentWebhook(): Promise<{ url: string; sockets: Socket[]; stop: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, sockets, stop };
}
