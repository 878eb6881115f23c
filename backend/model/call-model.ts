import type { GenerateContentResponse } from '@google/genai';
import { credentialsOf, endpointOf } from './gemini-endpoint.ts';
import { ModelError, modelErrorFrom } from './model-error.ts';
import { DEFAULT_TIMEOUTS, type ModelSettings } from './model-settings.ts';

export interface ModelCall {
  model: string;
  body: string;
  stream: boolean;
  headers: Record<string, string>;
  signal?: AbortSignal;
}

/** The parts of Gemini's answer that are read; the package's class has getters that plain JSON lacks. */
export type GeminiResponse = Pick<
  GenerateContentResponse,
  'candidates' | 'promptFeedback' | 'usageMetadata' | 'modelVersion'
>;

/**
 * One request to Gemini's API, no retries: the answers as they come.
 * Throws ModelError for refusals, silence, broken streams; simply ends when the caller aborts.
 */
export async function* callModel(settings: ModelSettings, call: ModelCall): AsyncGenerator<GeminiResponse> {
  const { firstByteMs, silenceMs } = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
  const watchdog = new Watchdog(call.signal);
  try {
    watchdog.expect(firstByteMs, 'The model did not answer in time.');
    const response = await request(settings, call, watchdog.signal);
    if (!response.ok) throw modelErrorFrom(response.status, await response.text(), response.headers);
    if (!call.stream) {
      yield parseAnswer(await response.text());
      return;
    }
    const decoder = new TextDecoder();
    let rest = '';
    for await (const bytes of response.body ?? []) {
      watchdog.expect(silenceMs, 'The model stopped in the middle of its answer.');
      rest += decoder.decode(bytes, { stream: true });
      let end = rest.indexOf('\n');
      for (; end !== -1; end = rest.indexOf('\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        if (line.startsWith('data:')) yield parseAnswer(line.slice(5));
      }
    }
  } catch (error) {
    if (!call.signal?.aborted) throw watchdog.explain(error);
  } finally {
    watchdog.stop();
  }
}

async function request(settings: ModelSettings, call: ModelCall, signal: AbortSignal): Promise<Response> {
  const method = call.stream ? 'streamGenerateContent' : 'generateContent';
  const url = endpointOf(settings.backend, call.model, method) + (call.stream ? '?alt=sse' : '');
  const headers = {
    'content-type': 'application/json',
    ...call.headers,
    ...(await credentialsOf(settings.backend)),
  };
  return (settings.fetch ?? fetch)(url, { method: 'POST', headers, body: call.body, signal });
}

function parseAnswer(text: string): GeminiResponse {
  let answer: GeminiResponse & { error?: { code?: number } };
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new ModelError('UNAVAILABLE', 'The model sent something that is not JSON.', { cause: error });
  }
  if (answer.error) throw modelErrorFrom(answer.error.code ?? 500, text, new Headers());
  return answer;
}

/** Ends a call when the caller aborts or when nothing arrives for too long; knows afterwards which of them it was. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitedFor: { ms: number; sentence: string } | undefined;
  #timedOut = false;

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller;
    if (caller?.aborted) this.#follow();
    else caller?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on something must arrive within `ms`. */
  expect(ms: number, sentence: string): void {
    if (this.#waitedFor?.ms === ms && this.#timer) {
      this.#waitedFor.sentence = sentence;
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#waitedFor = { ms, sentence };
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#controller.abort(new Error('timed out'));
    }, ms);
  }

  explain(error: unknown): unknown {
    if (error instanceof ModelError) return error;
    if (this.#timedOut)
      return new ModelError('DEADLINE_EXCEEDED', this.#waitedFor?.sentence ?? '', { cause: error });
    return new ModelError('UNAVAILABLE', 'The connection to the model failed.', { cause: error });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#follow);
  }
}
