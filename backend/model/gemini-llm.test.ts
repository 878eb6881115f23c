import type { LlmRequest, LlmResponse } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { afterEach, describe, expect, test } from 'bun:test';
import { GeminiLlm, useModel } from './gemini-llm.ts';
import type { ModelSettings } from './model-settings.ts';

// A small server produces failures at exact moments, which the stand-in cannot.
let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(async () => {
  await server?.stop(true);
  server = undefined;
});

const frame = (text: string, finish = false) =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finish ? { finishReason: 'STOP' } : {}) }], modelVersion: 'm' })}\r\n\r\n`;
const answered = () =>
  new Response(frame('a') + frame('b', true), { headers: { 'content-type': 'text/event-stream' } });

function serve(answer: (attempt: number, request: Request) => Response | Promise<Response>): {
  attempts: () => number;
  url: string;
} {
  let attempts = 0;
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => answer(++attempts, request) });
  return { attempts: () => attempts, url: server.url.href };
}

const pauses: number[] = [];
function ask(
  url: string,
  settings: Partial<ModelSettings> = {},
  signal?: AbortSignal,
): AsyncGenerator<LlmResponse> {
  pauses.length = 0;
  useModel({
    backend: { kind: 'stand-in', baseUrl: url },
    sleep: async (ms) => void pauses.push(ms),
    ...settings,
  });
  const request: LlmRequest = {
    contents: [{ role: 'user', parts: [{ text: 'x' }] }],
    toolsDict: {},
    liveConnectConfig: {},
  };
  return new GeminiLlm({ model: MODEL }).generateContentAsync(request, true, signal);
}

async function collect(answers: AsyncGenerator<LlmResponse>): Promise<{ texts: string[]; error?: Error }> {
  const texts: string[] = [];
  try {
    for await (const { content } of answers) texts.push(content?.parts?.[0]?.text ?? '');
    return { texts };
  } catch (error) {
    return { texts, error: error as Error };
  }
}

const refusal = (status: number, delay?: string) =>
  Response.json(
    {
      error: {
        code: status,
        status: 'RESOURCE_EXHAUSTED',
        message: 'slow down',
        details: delay ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: delay }] : [],
      },
    },
    { status },
  );

describe('before the first token', () => {
  test('RetryInfo sets the pause', async () => {
    const { url, attempts } = serve((attempt) => (attempt === 1 ? refusal(429, '2.5s') : answered()));
    expect((await collect(ask(url))).texts).toEqual(['a', 'b', 'ab']);
    expect([attempts(), pauses]).toEqual([2, [2500]]);
  });

  test('a pause of more than half a minute is left to the caller, who is told how long', async () => {
    const { url, attempts } = serve(() => refusal(429, '120s'));
    expect((await collect(ask(url))).error).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      detail: '429 RESOURCE_EXHAUSTED. slow down. Try again in 2 minutes.',
    });
    expect(attempts()).toBe(1);
  });

  test('without it the pauses double', async () => {
    const { url, attempts } = serve(() => refusal(503));
    expect((await collect(ask(url))).error).toMatchObject({ status: 503 });
    expect(attempts()).toBe(4);
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(375 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(625 * 2 ** index);
    }
  });

  test('client errors are not retried', async () => {
    const { url, attempts } = serve(() => refusal(400));
    expect((await collect(ask(url))).error).toMatchObject({ pythonName: 'ClientError' });
    expect(attempts()).toBe(1);
  });

  test('an unreachable address is retried, then reported without its internals', async () => {
    const { error } = await collect(ask('http://127.0.0.1:1'));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', detail: 'The connection to the model failed.' });
    expect(pauses).toHaveLength(3);
  });

  test('a timeout is reported with a sentence', async () => {
    const { url } = serve(() => Bun.sleep(2_000).then(answered));
    const { error } = await collect(ask(url, { timeouts: { firstByteMs: 40 }, maxRetries: 0 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', detail: 'The model did not answer in time.' });
  });
});

describe('after the first token', () => {
  const begun = (rest: (controller: ReadableStreamDefaultController) => void) => () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(frame('a'));
          rest(controller);
        },
      }),
    );

  test('silence ends the call without a retry', async () => {
    const { url, attempts } = serve(begun(() => {}));
    const { texts, error } = await collect(ask(url, { timeouts: { silenceMs: 60 } }));
    expect(texts).toEqual(['a']);
    expect(error).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      detail: 'The model stopped in the middle of its answer.',
    });
    expect(attempts()).toBe(1);
  });

  test('an abort ends the call at once, upstream too', async () => {
    const left = Promise.withResolvers<void>();
    const { url } = serve((_attempt, request) => {
      request.signal.addEventListener('abort', () => left.resolve());
      return begun(() => {})();
    });
    const abort = new AbortController();
    const answers = ask(url, {}, abort.signal);
    expect((await answers.next()).value?.content?.parts?.[0]?.text).toBe('a');
    abort.abort();
    expect(await collect(answers)).toEqual({ texts: ['a'] });
    await left.promise;
  });

  test('a frame that is split at any byte is read correctly', async () => {
    const bytes = new TextEncoder().encode(frame('Grüße 👋', true));
    const { url } = serve(
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              for (const byte of bytes) {
                controller.enqueue(new Uint8Array([byte]));
                if (byte % 7 === 0) await Bun.sleep(0);
              }
              controller.close();
            },
          }),
        ),
    );
    expect((await collect(ask(url))).texts).toEqual(['Grüße 👋', 'Grüße 👋']);
  });
});
