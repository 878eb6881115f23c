import { useModel } from '../model/gemini-llm.ts';

/**
 * Lets one answer of the stand-in for Gemini stand still after some of its pieces until it is released. A test that takes
 * a turn over in the middle then does not depend on the speed of the machine. Call it after the bench is open.
 *
 * @param options.answer which answer, counted from 1; the others are not held
 * @param options.pieces how many of its pieces arrive before
 * @returns releases it
 */
export function holdAnswer(baseUrl: string, { answer = 1, pieces = 3 } = {}): () => void {
  const { promise: released, resolve } = Promise.withResolvers<void>();
  let answers = 0;
  const holding = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const isHeld = ++answers === answer;
    const response = await fetch(url, init);
    if (!isHeld || !response.body) return response;
    return new Response(response.body.pipeThrough(holdAfter(pieces, released)), response);
  };
  useModel({
    backend: { kind: 'stand-in', baseUrl },
    fetch: Object.assign(holding, { preconnect: fetch.preconnect }),
    sleep: async () => undefined,
  });
  return resolve;
}

/** Passes so many events of a stream of server-sent events, and the rest after `released`. */
function holdAfter(events: number, released: Promise<void>): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let passed = 0;
  let rest = '';
  return new TransformStream({
    async transform(chunk, controller) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split(/(?<=\n\r?\n)/);
      rest = parts.pop() ?? '';
      for (const part of parts) {
        if (passed++ >= events) await released;
        controller.enqueue(encoder.encode(part));
      }
    },
    async flush(controller) {
      await released;
      controller.enqueue(encoder.encode(rest));
    },
  });
}
