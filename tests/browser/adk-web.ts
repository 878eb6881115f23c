import { join, resolve } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';

const GCP_AGENT = resolve(import.meta.dir, '../../gcp-agent');
const SYNC_WITHIN_MS = 300_000;

export interface AdkWeb {
  url: string;
  /** The page's requests to the service: method, path and status. */
  calls: readonly string[];
  stop: () => Promise<void>;
}

/** The web page of the google-adk package, on the same origin as a service, as with `adk web`. */
export async function serveAdkWeb(serviceUrl: string): Promise<AdkWeb> {
  const dist = await findAdkWeb();
  const calls: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(incoming) {
      const { pathname, search } = new URL(incoming.url);
      // Until a person has answered whether it may send reports, the page asks, and the question takes all key presses.
      if (pathname === '/dev-ui/assets/config/runtime-config.json')
        return Response.json({ backendUrl: '', telemetry: false });
      if (pathname.startsWith('/dev-ui/')) {
        const file = Bun.file(join(dist, pathname.slice('/dev-ui/'.length) || 'index.html'));
        return new Response((await file.exists()) ? file : Bun.file(join(dist, 'index.html')));
      }
      const headers = new Headers(incoming.headers);
      headers.delete('host');
      headers.delete('origin');
      const { method, body, signal } = incoming;
      const answer = await fetch(new URL(pathname + search, serviceUrl), { method, headers, body, signal });
      calls.push(`${method} ${pathname} ${answer.status}`);
      return answer;
    },
    error: () => new Response(null, { status: 502 }),
  });
  return { url: `${server.url.origin}/dev-ui/`, calls, stop: () => server.stop(true) };
}

/** The package's folder of browser files, among the packages of gcp-agent/uv.lock. */
async function findAdkWeb(): Promise<string> {
  await runCommand(['uv', 'sync', '--frozen', '--quiet'], {
    cwd: GCP_AGENT,
    timeoutMs: SYNC_WITHIN_MS,
    what: 'The Python environment of gcp-agent/ could not be created.',
  });
  const found = new Bun.Glob('.venv/lib/python*/site-packages/google/adk/cli/browser/index.html').scan({
    cwd: GCP_AGENT,
    dot: true,
  });
  for await (const path of found) return join(GCP_AGENT, path, '..');
  throw new Error('google-adk in gcp-agent/.venv ships no web page: its release has changed.');
}
