import type { LlmRequest, LlmResponse } from '@google/adk';
import { afterEach, describe, expect, test } from 'bun:test';
import { GeminiLlm, useModel } from './gemini-llm.ts';
import type { ModelSettings } from './model-settings.ts';
import { MAX_ANSWER_BYTES } from './read-answer.ts';

// A small server sends what the stand-in would not.
let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(async () => {
  await server?.stop(true);
  server = undefined;
});

const candidate = (text: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) }],
});
const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\r\n\r\n`;
const STREAM = { 'content-type': 'text/event-stream' };

async function ask(
  answer: () => Response | Promise<Response>,
  { stream = true, ...settings }: Partial<ModelSettings> & { stream?: boolean } = {},
): Promise<{ whole?: LlmResponse; text: string; error?: Error }> {
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
  useModel({ backend: { kind: 'stand-in', baseUrl: server.url.href }, maxRetries: 0, ...settings });
  const request: LlmRequest = {
    contents: [{ role: 'user', parts: [{ text: 'x' }] }],
    toolsDict: {},
    liveConnectConfig: {},
  };
  let text = '';
  let whole: LlmResponse | undefined;
  try {
    for await (const response of new GeminiLlm({ model: 'gemini-2.5-flash' }).generateContentAsync(
      request,
      stream,
    )) {
      if (response.partial) text += response.content?.parts?.map((part) => part.text ?? '').join('');
      else whole = response;
    }
    return { text, ...(whole ? { whole } : {}) };
  } catch (error) {
    return { text, error: error as Error };
  }
}

describe('a stream is complete when Gemini says so', () => {
  const cases: [name: string, body: string, code: string, detail: string | RegExp][] = [
    [
      'bytes that end after some text',
      frame(candidate('a')),
      'UNAVAILABLE',
      'The model broke off its answer.',
    ],
    ['an empty body', '', 'UNAVAILABLE', 'The model sent an empty answer.'],
    [
      'HTML',
      '<html><body>Sign in</body></html>',
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'a JSON array',
      JSON.stringify([candidate('a', 'STOP')]),
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'usage alone',
      frame({ usageMetadata: { totalTokenCount: 3 } }),
      'UNAVAILABLE',
      'The model broke off its answer.',
    ],
    ['comments alone', ': hello\n\n', 'UNAVAILABLE', 'The model sent something that is not an answer.'],
    ['a null', 'data: null\n\n', 'UNAVAILABLE', 'The model sent something that is not an answer.'],
    [
      'a list of candidates that is none',
      frame({ candidates: {} }),
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'parts that are none',
      frame({ candidates: [{ content: { parts: ['a'] } }] }),
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'a text that is none',
      frame({ candidates: [{ content: { parts: [{ text: 5 }] }, finishReason: 'STOP' }] }),
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'a call that is none',
      frame({ candidates: [{ content: { parts: [{ functionCall: 'f' }] }, finishReason: 'STOP' }] }),
      'UNAVAILABLE',
      'The model sent something that is not an answer.',
    ],
    [
      'an error as lines of JSON after some text',
      `${frame(candidate('a'))}{\n  "error": {\n    "code": 429,\n    "message": "slow down",\n    "status": "RESOURCE_EXHAUSTED"\n  }\n}\n`,
      'RESOURCE_EXHAUSTED',
      '429 RESOURCE_EXHAUSTED. slow down',
    ],
    [
      'an error as a list of one',
      JSON.stringify([{ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }], null, 2),
      'UNAVAILABLE',
      '503 UNAVAILABLE. overloaded',
    ],
    [
      'an error object in an event',
      `${frame(candidate('a'))}${frame({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } })}`,
      'UNAVAILABLE',
      '503 UNAVAILABLE. overloaded',
    ],
  ];
  for (const [name, body, code, detail] of cases)
    test(`${name}: failed, and the shown text stays`, async () => {
      const { text, error } = await ask(() => new Response(body, { headers: STREAM }));
      expect(error).toMatchObject({ code, detail });
      expect(text).toBe(
        body.includes('"a"') && body.startsWith('data: {"candidates":[') && !body.includes('["a"]')
          ? 'a'
          : '',
      );
    });

  test('no content, without and with a stream', async () => {
    for (const stream of [true, false]) {
      const { error } = await ask(() => new Response(null, { status: 204 }), { stream });
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      await server?.stop(true);
    }
  });

  test('a connection that stays open or is cut after the end does not change the answer', async () => {
    for (const kind of ['open', 'cut']) {
      const body = () =>
        new ReadableStream({
          async start(controller) {
            controller.enqueue(frame(candidate('a', 'STOP')));
            if (kind === 'open') return;
            await Bun.sleep(20);
            controller.error(new Error('cut on purpose'));
          },
        });
      const { whole, error } = await ask(() => new Response(body(), { headers: STREAM }), {
        timeouts: { silenceMs: 100, afterEndMs: 100 },
      });
      expect(error).toBeUndefined();
      expect(whole).toMatchObject({ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' });
      await server?.stop(true);
    }
  });

  test('usage after the end is counted', async () => {
    const body = frame(candidate('a', 'STOP')) + frame({ usageMetadata: { totalTokenCount: 7 } });
    expect((await ask(() => new Response(body, { headers: STREAM }))).whole?.usageMetadata).toEqual({
      totalTokenCount: 7,
    });
  });
});

describe('server-sent events as specified', () => {
  const whole = JSON.stringify(candidate('a', 'STOP'));
  const [before, after] = [whole.slice(0, 14), whole.slice(14)];
  for (const [name, body] of [
    ['lines that end with LF', `data: ${whole}\n\n`],
    ['lines that end with CR', `data: ${whole}\r\rdata: {}\r\r`],
    ['two data lines of one event', `data: ${before}\ndata:${after}\n\n`],
    ['a byte order mark, comments, other fields', `\ufeff: hi\nevent: x\nid: 1\nretry: 5\ndata:${whole}\n\n`],
  ] as const)
    test(name, async () => {
      const result = await ask(() => new Response(body, { headers: STREAM }));
      expect(result.error).toBeUndefined();
      expect(result.whole?.content?.parts).toEqual([{ text: 'a' }]);
    });
});

describe('without a stream', () => {
  for (const [name, body, detail] of [
    ['an empty body', '', 'The model sent an empty answer.'],
    [
      'a text that is none',
      JSON.stringify({ candidates: [{ content: { parts: [{ text: 5 }] }, finishReason: 'STOP' }] }),
      'The model sent something that is not an answer.',
    ],
    ['HTML', '<html></html>', 'The model sent something that is not JSON.'],
    [
      'a number beyond the range of a double',
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1e999}}}]},"finishReason":"STOP"}]}',
      'The model sent something that is not JSON.',
    ],
    ['an array', JSON.stringify([candidate('a', 'STOP')]), 'The model sent something that is not an answer.'],
    ['usage alone', '{"usageMetadata":{}}', 'The model sent an empty answer.'],
    ['no reason why it ended', JSON.stringify(candidate('a')), 'The model broke off its answer.'],
  ] as const)
    test(`${name} is a failure`, async () => {
      const { error } = await ask(() => new Response(body), { stream: false });
      expect(error).toMatchObject({ code: 'UNAVAILABLE', detail });
    });
});

describe('a broken or hostile model cannot harm the service', () => {
  test('a redirect is not followed', async () => {
    let visits = 0;
    const { error } = await ask(() => {
      visits++;
      return new Response(null, { status: 307, headers: { location: '/elsewhere' } });
    });
    expect(error).toMatchObject({ code: 'HTTP_307', status: 307 });
    expect(visits).toBe(1);
  });

  test('an endless line is read up to a limit, without a retry', async () => {
    let sent = 0;
    const piece = 'x'.repeat(1024 * 1024);
    const { error } = await ask(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              sent += piece.length;
              controller.enqueue(sent === piece.length ? 'data: ' : piece);
              if (sent > 4 * MAX_ANSWER_BYTES) controller.close();
            },
          }),
          { headers: STREAM },
        ),
      { maxRetries: 3 },
    );
    expect(error).toMatchObject({ code: 'ANSWER_TOO_LARGE' });
    expect(sent).toBeLessThan(4 * MAX_ANSWER_BYTES);
  });

  test('a compressed answer is refused unread', async () => {
    const body = Bun.gzipSync(new Uint8Array(MAX_ANSWER_BYTES));
    const headers = { ...STREAM, 'content-encoding': 'gzip' };
    const { error } = await ask(() => new Response(body, { headers }));
    expect(error).toMatchObject({ detail: 'The model answered with gzip, which was not asked for.' });
  });

  test('only the beginning of a large error body is read', async () => {
    const { error } = await ask(() => new Response('x'.repeat(1024 * 1024), { status: 400 }));
    expect(error).toMatchObject({
      code: 'HTTP_400',
      detail: '400 HTTP_400. The model refused the request without a reason.',
    });
  });

  test('impossible token counts are dropped', async () => {
    const usageMetadata =
      '{"promptTokenCount":1e300,"totalTokenCount":-1,"candidatesTokenCount":99999999999999999999,"thoughtsTokenCount":2}';
    const body = `data: ${JSON.stringify(candidate('a', 'STOP')).slice(0, -1)},"usageMetadata":${usageMetadata}}\n\n`;
    const { whole } = await ask(() => new Response(body, { headers: STREAM }));
    expect(whole?.usageMetadata).toEqual({ thoughtsTokenCount: 2 });
  });

  test('an integer beyond 2^53 arrives unchanged', async () => {
    const body = `data: {"candidates":[{"finishReason":"STOP","content":{"parts":[{"functionCall":{"name":"f","args":{"id":1234567890123456789}}}]}}]}\n\n`;
    const { whole } = await ask(() => new Response(body, { headers: STREAM }));
    expect(JSON.stringify(whole?.content?.parts?.[0]?.functionCall?.args)).toBe('{"id":1234567890123456789}');
  });
});

test('one deadline for all attempts: a silent model fails at the deadline, however many retries are allowed', async () => {
  let tries = 0;
  const timeouts = { firstByteMs: 200, answerMs: 500 };
  const { error } = await ask(
    async () => {
      tries++;
      await Bun.sleep(3_000);
      return new Response();
    },
    { maxRetries: 10, sleep: async () => undefined, timeouts },
  );
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', detail: 'The model did not answer in time.' });
  // Of eleven attempts of 200 ms, three begin before the deadline.
  expect(tries).toBeLessThanOrEqual(4);
});
