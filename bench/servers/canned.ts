/**
 * Answers every turn at once with the same bytes: the fastest possible server, so that the load client itself is
 * measured. Run as a process: PORT and CHUNKS.
 */
const event = JSON.stringify({
  author: 'canned',
  content: { role: 'model', parts: [{ text: 'token ' }] },
  partial: true,
});
const body = `data: ${event}\n\n`.repeat(Number(process.env['CHUNKS']));

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  idleTimeout: 0,
  development: false,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/health') return Response.json({ status: 'ok' });
    if (pathname.endsWith('/sessions')) return Response.json({ id: 'canned' });
    await request.text();
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  },
});
