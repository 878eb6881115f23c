import { expect, test } from 'bun:test';
import { readFrames } from './read-frames.ts';

const encoder = new TextEncoder();

/** A response whose body sends `chunks` and then ends, breaks or stalls. */
function answer(chunks: readonly string[], end: 'end' | 'break' | 'silence'): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      if (end === 'end') controller.close();
    },
    async pull(controller) {
      if (end === 'break') controller.error(new TypeError('network error'));
      await Promise.resolve();
    },
  });
  return new Response(body);
}

async function collect(response: Response, silenceMs?: number): Promise<unknown[]> {
  const frames: unknown[] = [];
  for await (const frame of readFrames(response, silenceMs)) frames.push(frame);
  return frames;
}

test('frames have their ids, comments are skipped, and a frame may arrive in pieces', async () => {
  const chunks = [
    ': ping\n\n',
    'id: r:0\nda',
    'ta: {"id":"e1"}\n\nid: r:1\ndata: {"id":"e2"}\n\n',
    ': ping\n\n',
    ': run completed\n\n',
  ];
  expect(await collect(answer(chunks, 'end'))).toEqual([
    { lastEventId: 'r:0', event: { id: 'e1' } },
    { lastEventId: 'r:1', event: { id: 'e2' } },
  ]);
});

test('the stream of google-adk, without ids and comments, is read too', async () => {
  expect(await collect(answer(['data: {"id":"e1"}\n\n'], 'end'))).toEqual([{ event: { id: 'e1' } }]);
});

test('a numbered stream that ends without the end state of its run was cut off', () => {
  expect(collect(answer(['id: r:0\ndata: {"id":"e1"}\n\n: ping\n\n'], 'end'))).rejects.toThrow(
    'ended too early',
  );
});

test('a connection that breaks throws', () => {
  expect(collect(answer(['data: {"id":"e1"}\n\n'], 'break'))).rejects.toThrow('network error');
});

test('a service that pings and then goes silent times out', () => {
  expect(collect(answer([': ping\n\n'], 'silence'), 20)).rejects.toThrow(
    'The connection to the service went silent.',
  );
});

test('a service that never pings may be silent for ever', async () => {
  const silent = collect(answer(['data: {"id":"e1"}\n\n'], 'silence'), 20);
  expect(await Promise.race([silent, Bun.sleep(80).then(() => 'still listening')])).toBe('still listening');
});
