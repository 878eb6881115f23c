import { MODEL } from '@lornu/agents/model.ts';
import { BUN_SERVER_ENV } from '@lornu/standins/gemini/spawn.ts';

/**
 * A server that only passes Gemini's frames to the caller in the wire's form: no agent, no session, no checks. The
 * lower limit for comparison. Run as a process: PORT and GOOGLE_GEMINI_BASE_URL.
 */
if (process.env['BUN_CONFIG_MAX_HTTP_REQUESTS'] !== BUN_SERVER_ENV.BUN_CONFIG_MAX_HTTP_REQUESTS) {
  throw new Error('BUN_CONFIG_MAX_HTTP_REQUESTS is not raised: 256 requests at once would be measured.');
}

const url = `${process.env['GOOGLE_GEMINI_BASE_URL']}/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`;
const headers = { 'content-type': 'application/json', 'x-goog-api-key': 'stand-in' };
const encoder = new TextEncoder();

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  idleTimeout: 0,
  development: false,
  // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
  reusePort: false,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/health') return Response.json({ status: 'ok' });
    if (pathname.endsWith('/sessions')) return Response.json({ id: crypto.randomUUID() });
    const turn: unknown = await request.json();
    const message = typeof turn === 'object' && turn && 'newMessage' in turn ? turn.newMessage : undefined;
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ contents: [message] }),
    });
    return new Response(answer.body?.pipeThrough(reframe()), {
      headers: { 'content-type': 'text/event-stream' },
    });
  },
});

/** Converts each of Gemini's frames to one partial event. */
function reframe(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let buffer = '';
  return new TransformStream({
    transform(chunk, controller) {
      buffer += decoder.decode(chunk, { stream: true });
      for (let end = buffer.indexOf('\r\n\r\n'); end !== -1; end = buffer.indexOf('\r\n\r\n')) {
        const { candidates } = JSON.parse(buffer.slice('data: '.length, end));
        buffer = buffer.slice(end + 4);
        const event = { author: 'pass-through', content: candidates[0].content, partial: true };
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
      }
    },
  });
}
