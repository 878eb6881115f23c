import { credentialsOf, endpointOf } from './gemini-endpoint.ts';
import { ModelError } from './model-error.ts';
import { DEFAULT_TIMEOUTS, type ModelSettings } from './model-settings.ts';
import { type GeminiResponse, readWhole, refusalOf, StreamReader } from './read-answer.ts';

export interface ModelCall {
  model: string;
  body: string;
  stream: boolean;
  headers: Record<string, string>;
  signal?: AbortSignal;
}

const STOPPED = 'The model stopped in the middle of its answer.';

/**
 * One request to Gemini's API, without retries; yields the answers as they arrive. Takes the body out of `call`. The first byte (or, without
 * streaming, the whole answer) must arrive within `withinMs`. Throws ModelError for refusals, timeouts, and streams
 * that end before Gemini says so; returns normally if the caller aborts.
 */
export async function* callModel(
  settings: ModelSettings,
  call: ModelCall,
  withinMs = Number.POSITIVE_INFINITY,
): AsyncGenerator<GeminiResponse> {
  const { firstByteMs, silenceMs, answerMs, afterEndMs } = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
  const watchdog = new Watchdog(call.signal);
  let isOver = false;
  try {
    watchdog.expect(
      Math.min(withinMs, call.stream ? firstByteMs : answerMs),
      'The model did not answer in time.',
    );
    const response = await request(settings, call, watchdog.signal);
    // Not needed any more while the answer streams: with files, the body has up to 19 MB.
    call.body = '';
    if (!response.ok) throw await refusalOf(response);
    if (!call.stream) {
      yield await readWhole(response);
      return;
    }
    const reader = new StreamReader(response);
    for await (const bytes of response.body ?? []) {
      watchdog.expect(isOver ? afterEndMs : silenceMs, STOPPED);
      for (const event of reader.feed(bytes)) yield reader.read(event);
      if (reader.isOver && !isOver) watchdog.expect(afterEndMs, STOPPED);
      isOver = reader.isOver;
    }
    reader.end();
  } catch (error) {
    // After Gemini has said that the answer is complete, a cut or open connection does not matter.
    const isAfterEnd = isOver && !(error instanceof ModelError);
    if (!call.signal?.aborted && !isAfterEnd) throw watchdog.explain(error);
  } finally {
    watchdog.stop();
  }
}

async function request(settings: ModelSettings, call: ModelCall, signal: AbortSignal): Promise<Response> {
  const method = call.stream ? 'streamGenerateContent' : 'generateContent';
  const url = endpointOf(settings.backend, call.model, method) + (call.stream ? '?alt=sse' : '');
  const headers = {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    ...call.headers,
    ...(await credentialsOf(settings.backend)),
  };
  // No redirects: only the configured address is called. No decompression by fetch, so that the bytes can be counted.
  const init: BunFetchRequestInit = {
    method: 'POST',
    headers,
    body: call.body,
    signal,
    redirect: 'manual',
    decompress: false,
  };
  return (settings.fetch ?? fetch)(url, init);
}

/** Ends a call when the caller aborts or nothing arrives for too long, and knows which of the two happened. */
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

  /** Requires something to arrive within `ms` from now. */
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
