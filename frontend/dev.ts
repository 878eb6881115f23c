import { watch } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from './build.ts';

/**
 * `bun run dev [service] [port]`: serves the page in front of a running service and rebuilds it on each change. It
 * serves the production build, so it looks the same as what is shipped.
 */
const [serviceUrl = 'http://127.0.0.1:8080', port = '5173'] = process.argv.slice(2);
const dist = join(import.meta.dir, 'dist');

let building = buildPage(dist);
watch(join(import.meta.dir, 'src'), { recursive: true }, () => {
  building = building.then(() => buildPage(dist)).catch((error: unknown) => console.error(error));
});

const server = Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  // A stream may be silent for longer than Bun's 10 s.
  idleTimeout: 0,
  async fetch(incoming) {
    await building;
    const { pathname, search } = new URL(incoming.url);
    const file = Bun.file(join(dist, pathname === '/' ? 'index.html' : pathname));
    if (incoming.method === 'GET' && (await file.exists())) return new Response(file);
    const headers = new Headers(incoming.headers);
    headers.set('host', new URL(serviceUrl).host);
    headers.delete('origin');
    const { method, body, signal } = incoming;
    return fetch(new URL(pathname + search, serviceUrl), {
      method,
      headers,
      body,
      signal,
      redirect: 'manual',
    });
  },
});

console.log(`Page on ${server.url}, service on ${serviceUrl}.`);
