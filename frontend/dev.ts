import page from './index.html';

/** `bun run dev [service] [port]`: the page with hot reload in front of a service that already runs. */
const [serviceUrl = 'http://127.0.0.1:8080', port = '5173'] = process.argv.slice(2);

const server = Bun.serve({
  port: Number(port),
  hostname: '127.0.0.1',
  // A stream may be silent for longer than Bun's 10 s.
  idleTimeout: 0,
  routes: { '/': page },
  fetch(incoming) {
    const url = new URL(incoming.url);
    const headers = new Headers(incoming.headers);
    headers.set('host', new URL(serviceUrl).host);
    headers.delete('origin');
    return fetch(new URL(url.pathname + url.search, serviceUrl), {
      method: incoming.method,
      headers,
      body: incoming.body,
      redirect: 'manual',
      signal: incoming.signal,
    });
  },
});

console.log(`Page on ${server.url}, service on ${serviceUrl}.`);
