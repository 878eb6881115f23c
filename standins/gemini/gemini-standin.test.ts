import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  GoogleGenAI,
} from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { RULES } from './rules.ts';
import { type GeminiStandin, spawnGeminiStandin } from './spawn.ts';

const model = MODEL;
let standin: GeminiStandin;
let client: GoogleGenAI;

beforeAll(async () => {
  standin = await spawnGeminiStandin({ chunks: 5 });
  client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: standin.url } });
});
afterAll(() => standin.stop());

const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
const said = (text: string): Content => ({ role: 'model', parts: [{ text }] });
const ask = (contents: Content[], config?: GenerateContentParameters['config']) =>
  client.models.generateContent({ model, contents, config });
const tool = (name: string, parametersJsonSchema: unknown = { type: 'object' }) => ({
  tools: [{ functionDeclarations: [{ name, parametersJsonSchema }] }],
});

async function stream(text: string) {
  const texts: string[] = [];
  const answer = await client.models.generateContentStream({ model, contents: [user(text)] });
  for await (const chunk of answer) texts.push(chunk.text ?? '');
  return texts;
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It was expected to fail.');
}

async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  const error = await failure(promise);
  if (error instanceof ApiError) return error;
  throw error;
}

describe('an answer, read by the real client', () => {
  test('names the stand-in, in modelVersion and in its text', async () => {
    const answer = await ask([user('hello there')]);
    expect(answer.modelVersion).toBe(`stand-in for ${MODEL}`);
    expect(answer.text).toStartWith('You said: hello there. I am the stand-in for Gemini');
  });

  test('has as many chunks as requested, which join to the whole answer', async () => {
    expect(await stream('hello')).toHaveLength(5);
    const inTwo = await stream('show me markdown in 2 chunks');
    expect(inTwo).toHaveLength(2);
    expect(inTwo.join('')).toBe((await ask([user('show me markdown')])).text ?? '');
  });

  test('waits where it is held until it is released, each time', async () => {
    const release = async () => (await fetch(`${standin.url}/stand-in/release`, { method: 'POST' })).json();
    const untilReleased = async () => {
      while ((await release()) === 0) await Bun.sleep(5);
    };
    const contents = [user('count to 6, held after 2 and 4')];
    const answer = await client.models.generateContentStream({ model, contents });
    const next = async () => (await answer.next()).value?.text;
    expect([await next(), await next()]).toEqual(['1', ' 2']);
    const third = next();
    // Nothing comes by itself, however long one waits; what has left is not waited for.
    expect(await Promise.race([third, Bun.sleep(50)])).toBeUndefined();
    await untilReleased();
    expect([await third, await next()]).toEqual([' 3', ' 4']);
    const rest = next();
    await untilReleased();
    expect([await rest, await next()]).toEqual([' 5', ' 6']);
    expect(await release()).toBe(0);
  });

  test('counts more tokens for a longer conversation', async () => {
    const short = await ask([user('hello')]);
    const long = await ask([user('hello'), said('hi '.repeat(100)), user('hello')]);
    expect(long.usageMetadata?.promptTokenCount).toBeGreaterThan(
      (short.usageMetadata?.promptTokenCount ?? 0) + 70,
    );
    const counted = await client.models.countTokens({ model, contents: [user('hello')] });
    expect(counted.totalTokens).toBe(short.usageMetadata?.promptTokenCount);
    expect((await client.models.get({ model })).inputTokenLimit).toBe(1_048_576);
  });

  test('can be continued where it was cut', async () => {
    const numbers = (await ask([user('count to 9')])).text ?? '';
    const rest = await ask([
      user('count to 9'),
      said('1 2 3 4'),
      user('Continue exactly where you stopped.'),
    ]);
    expect(`1 2 3 4${rest.text}`).toBe(numbers);
  });
});

describe('function calls', () => {
  test('call the declared status tool, and its result is repeated', async () => {
    const question = user('what is the status of the environment?');
    const called = await ask([question], tool('get_environment_status'));
    expect(called.functionCalls).toMatchObject([{ name: 'get_environment_status', args: {} }]);
    const id = called.functionCalls?.[0]?.id;
    const functionResponse = { id, name: 'get_environment_status', response: { region: 'eu-west-1' } };
    const told = await ask(
      [question, called.candidates?.[0]?.content ?? {}, { role: 'user', parts: [{ functionResponse }] }],
      tool('get_environment_status'),
    );
    expect(told.text).toContain('get_environment_status returned {"region":"eu-west-1"}');
  });

  test('are not made where no such tool is declared', async () => {
    expect((await ask([user('what is the status?')])).functionCalls).toBeUndefined();
  });

  test('fill required arguments from the message', async () => {
    const schema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
    const called = await ask([user('note: buy milk')], tool('save_note', schema));
    expect(called.functionCalls?.[0]?.args).toEqual({ text: 'buy milk' });
  });

  test('can be dictated, in parallel and one after the other', async () => {
    const text = 'call a with {"x":{"y":1}} and call b then call c';
    const config = { toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } } };
    const first = await ask([user(text)], config);
    expect(first.functionCalls).toMatchObject([
      { name: 'a', args: { x: { y: 1 } } },
      { name: 'b', args: {} },
    ]);
    const answers = first.functionCalls?.map(({ id, name }) => ({ functionResponse: { id, name } }));
    const answered: Content[] = [first.candidates?.[0]?.content ?? {}, { role: 'user', parts: answers }];
    expect((await ask([user(text), ...answered])).functionCalls).toMatchObject([{ name: 'c', args: {} }]);
  });

  test("without their responses are refused with Gemini's error", async () => {
    const call: Content = { role: 'model', parts: [{ functionCall: { name: 'a' } }] };
    const error = await refusal(ask([user('hi'), call, user('hello?')]));
    expect(error.status).toBe(400);
    expect(String(error)).toContain('number of function response parts is equal');
  });
});

describe('failures', () => {
  test('429 has RetryInfo', async () => {
    const error = await refusal(ask([user('simulate 429 retry 7')]));
    expect(error.status).toBe(429);
    const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' };
    expect(JSON.parse(error.message)).toMatchObject({
      error: { details: expect.arrayContaining([retryInfo]) },
    });
  });

  test('"twice" fails two times, then answers, then fails again', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      statuses.push(
        await ask([user('simulate 503 twice')]).then(
          () => 200,
          (error: unknown) => (error instanceof ApiError ? error.status : 0),
        ),
      );
    }
    expect(statuses).toEqual([503, 503, 200, 503]);
  });

  test('a safety stop, a cut answer and a blocked prompt say so', async () => {
    const reason = async (text: string) => (await ask([user(text)])).candidates?.[0]?.finishReason;
    expect(String(await reason('simulate safety stop'))).toBe('SAFETY');
    expect(String(await reason('simulate cut answer'))).toBe('MAX_TOKENS');
    const blocked = await ask([user('simulate blocked prompt')]);
    expect(String(blocked.promptFeedback?.blockReason)).toBe('SAFETY');
    expect(blocked.candidates).toBeUndefined();
  });

  test('a stream is cut, or has an error, after the requested chunks', async () => {
    const received: string[] = [];
    const read = async (text: string) => {
      for await (const chunk of await client.models.generateContentStream({
        model,
        contents: [user(text)],
      })) {
        received.push(chunk.text ?? '');
      }
    };
    expect(await failure(read('simulate break after 2'))).toBeInstanceOf(Error);
    expect(received).toHaveLength(2);
    expect(await failure(read('simulate error after 3'))).toBeInstanceOf(ApiError);
    expect(received).toHaveLength(5);
  });

  test('a stalled stream stays open, and the log shows when its reader disconnects', async () => {
    const controller = new AbortController();
    const answer = await client.models.generateContentStream({
      model,
      contents: [user('simulate stall after 1')],
      config: { abortSignal: controller.signal },
    });
    await answer.next();
    const silent = Symbol('silent');
    const second = failure(answer.next());
    expect(await Promise.race([second, Bun.sleep(150).then(() => silent)])).toBe(silent);
    controller.abort();
    await second;
    await Bun.sleep(50);
    const log: unknown = await (await fetch(`${standin.url}/stand-in/requests`)).json();
    expect(Array.isArray(log) && log.at(-1)).toMatchObject({ rule: 'simulate stall after 3', end: 'left' });
  });

  test('a missing key, a wrong key and an unknown path are refused', async () => {
    const url = `${standin.url}/v1beta/models/${model}:generateContent`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
    const wrong = new GoogleGenAI({ apiKey: 'invalid', httpOptions: { baseUrl: standin.url } });
    const error = await failure(wrong.models.generateContent({ model, contents: 'hello' }));
    expect(String(error)).toContain('API key not valid');
    expect((await fetch(`${standin.url}/v1/nothing`)).status).toBe(404);
  });
});

describe('a condition of the stand-in', () => {
  const put = async (condition: object): Promise<number> => {
    const body = JSON.stringify(condition);
    return (await fetch(`${standin.url}/stand-in/condition`, { method: 'POST', body })).status;
  };
  const withKey = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: standin.url } });

  test('holds for every call until it is lifted', async () => {
    expect(await put({ refuses: 503, exceptKey: 'mine' })).toBe(200);
    expect((await refusal(ask([user('hello')]))).status).toBe(503);
    const spared = await withKey('mine').models.generateContent({ model, contents: 'hello' });
    expect(spared.text).toContain('You said: hello');
    expect(await put({ onlyKey: 'new' })).toBe(200);
    expect((await refusal(ask([user('hello')]))).status).toBe(400);
    expect(await put({ answersAs: 'gemini-other' })).toBe(200);
    expect((await ask([user('hello')])).modelVersion).toContain('gemini-other');
    expect(await put({})).toBe(200);
    expect((await ask([user('hello')])).modelVersion).toBe(`stand-in for ${MODEL}`);
  });

  test('that it does not know is refused', async () => {
    expect(await put({ refuse: 503 })).toBe(400);
    expect(await put({ refuses: 200 })).toBe(400);
    expect((await ask([user('hello')])).text).toContain('hello');
  });
});

test('each example of the table is answered by its own rule', () => {
  for (const rule of RULES) {
    expect(RULES.find(({ when }) => when.test(rule.example))?.example).toBe(rule.example);
  }
});
