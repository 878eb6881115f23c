import { expect, test } from 'bun:test';
import { faultOf, steadfastTurn } from './steadfast-turn.ts';

const frame = (index: number, text: string, partial: boolean): string =>
  `id: run:${index}\ndata: ${JSON.stringify({ partial, content: { parts: [{ text }] } })}\n\n`;

test('a client whose task dies gives up a request to the dead task, and gets the rest elsewhere, every frame once', async () => {
  const lastEventIds: (string | null)[] = [];
  const stream = (text: string): Response =>
    new Response(text, { headers: { 'lornu-run-id': 'run', 'content-type': 'text/event-stream' } });
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith('/sessions')) return Response.json({ id: 's1' });
      if (pathname === '/run_sse') return stream(frame(0, '1', true));
      if (!pathname.endsWith('/frames')) return new Response();
      lastEventIds.push(request.headers.get('last-event-id'));
      // A dead task never answers.
      if (lastEventIds.length === 1) return new Promise<Response>(() => {});
      return stream(`${frame(1, '1 2', false)}: run completed\n\n`);
    },
  });
  try {
    const target = { url: server.url, appName: 'lornu', signal: new AbortController().signal };
    const seen = await steadfastTurn(target, { text: 'count to 2', patienceMs: 60_000 });
    expect(faultOf(seen, '1 2')).toBeUndefined();
    expect(seen).toMatchObject({ runId: 'run', troubles: 2 });
    expect(lastEventIds).toEqual(['run:0', 'run:0']);
  } finally {
    await server.stop(true);
  }
});
