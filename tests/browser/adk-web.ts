import { join, resolve } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';

const GCP_AGENT = resolve(import.meta.dir, '../../gcp-agent');
const SYNC_WITHIN_MS = 300_000;

export interface AdkWeb {
  url: string;
  /** What the page asked the service for: method, path and status. */
  calls: readonly string[];
  stop: () => Promise<void>;
}

/** The web page as the google-adk package ships it, on one origin with a service, as `adk web` has it. */
export async function serveAdkWeb(serviceUrl: string): Promise<AdkWeb> {
  const dist = await findAdkWeb();
  const calls: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(incoming) {
      const { pathname, search } = new URL(incoming.url);
      // Until a person has answered whether it may report, it asks, and its question takes the keys that are pressed.
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
  });
  return { url: `${server.url.origin}/dev-ui/`, calls, stop: () => server.stop(true) };
}

/** The package's folder of browser files, in the environment that gcp-agent/uv.lock describes. */
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
