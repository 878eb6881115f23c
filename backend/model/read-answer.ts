import type { GenerateContentResponse } from '@google/genai';
import { createParser } from 'eventsource-parser';
import { parseJson } from '../json/parse-json.ts';
import { isObject } from '../json/is-object.ts';
import { dropForeign, isCandidate } from './answer-form.ts';
import { ModelError, modelErrorFrom } from './model-error.ts';

/** The fields of Gemini's answer that are read; the package's class has getters that plain JSON lacks. */
export type GeminiResponse = Pick<
  GenerateContentResponse,
  'candidates' | 'promptFeedback' | 'usageMetadata' | 'modelVersion'
>;

/** Most bytes of one answer: far above the longest text that Gemini writes, with room for images. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Bytes read of an error body: only its reason is needed. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** Characters of a stream's text that are kept to find the reason if it stops being a stream of events. */
const MAX_TAIL_CHARS = 64 * 1024;

/** The error of a response that is not 2xx. */
export async function refusalOf(response: Response): Promise<ModelError> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    const detail = `The model's address redirects elsewhere (${status}); a conversation is not sent there.`;
    return new ModelError(`HTTP_${status}`, detail, { status });
  }
  const text = await textOf(response, MAX_REFUSAL_BYTES, () => {});
  return modelErrorFrom(status, text, headers);
}

/** The answer to a call without streaming. Throws ModelError if it is not complete. */
export async function readWhole(response: Response): Promise<GeminiResponse> {
  const answer = toAnswer(await textOf(response, MAX_ANSWER_BYTES, tooLarge));
  if (!isEnd(answer)) throw brokenOff(answer.candidates?.length);
  return answer;
}

/**
 * Parses a streamed answer according to the specification of server-sent events, as its bytes arrive. The caller's loop
 * drives it: nested generators cost a tenth of a turn's CPU.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class StreamReader {
  /** Whether Gemini has said that the answer is complete. */
  isOver = false;
  readonly #text: TextReader;
  readonly #parser = createParser({ onEvent: ({ data }) => void this.#events.push(data) });
  #events: string[] = [];
  #hasBegun = false;
  /** The last text with an event, and the text after it. */
  #last = '';
  #after = '';

  constructor(response: Response) {
    this.#text = new TextReader(response, MAX_ANSWER_BYTES, tooLarge);
  }

  /** The events completed by these bytes, to be passed to `read` one by one. */
  feed(bytes: Uint8Array): readonly string[] {
    return this.#feed(this.#text.decode(bytes));
  }

  /** The answer in an event. Throws ModelError if the model refuses or sends anything else. */
  read(event: string): GeminiResponse {
    const answer = toAnswer(event);
    this.isOver ||= isEnd(answer);
    this.#hasBegun = true;
    return answer;
  }

  /** Call it after the last bytes. Throws ModelError if Gemini never said that the answer is complete. */
  end(): void {
    this.#feed(this.#text.end());
    // The rest may be an error as plain JSON, as Google's front ends send it.
    const tail = afterBlankLine(this.#last) + this.#after;
    const reason = errorIn(tail);
    if (reason) throw reason;
    if (!this.isOver) throw brokenOff(this.#hasBegun, tail.trim() !== '');
  }

  #feed(text: string): readonly string[] {
    this.#events = [];
    this.#parser.feed(text);
    // Looking for the end of the last event here would cost a hundredth of a turn.
    if (this.#events.length > 0) [this.#last, this.#after] = [text, ''];
    else this.#after = (this.#after + text).slice(-MAX_TAIL_CHARS);
    return this.#events;
  }
}

/** The text from the last blank line on. Events end with a blank line; Gemini's lines end with CR LF. */
function afterBlankLine(text: string): string {
  // Most texts end with an event. Searching them cost a two-hundredth of a turn.
  if (text.endsWith('\n\n') || text.endsWith('\n\r\n')) return '';
  return text.slice(Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\n\r\n')) + 1);
}

/** Reads the text of a body up to a number of bytes; calls `onMore`, which may throw, if there are more. */
class TextReader {
  readonly #decoder = new TextDecoder();
  readonly #onMore: () => void;
  #left: number;

  constructor({ headers }: Response, maxBytes: number, onMore: () => void) {
    const encoding = headers.get('content-encoding') ?? 'identity';
    // A few compressed bytes can expand to gigabytes; the request asks for uncompressed answers.
    if (encoding !== 'identity')
      throw new ModelError(
        'UNAVAILABLE',
        `The model answered with ${encoding.slice(0, 20)}, which was not asked for.`,
      );
    this.#left = maxBytes;
    this.#onMore = onMore;
  }

  /** Whether the body was longer than what was read. */
  get isCut(): boolean {
    return this.#left < 0;
  }

  decode(bytes: Uint8Array): string {
    const left = this.#left;
    this.#left -= bytes.byteLength;
    if (bytes.byteLength > left) this.#onMore();
    return this.#decoder.decode(this.isCut ? bytes.subarray(0, left) : bytes, { stream: true });
  }

  end(): string {
    return this.#decoder.decode();
  }
}

/** The full text of a body. */
async function textOf(response: Response, maxBytes: number, onMore: () => void): Promise<string> {
  const reader = new TextReader(response, maxBytes, onMore);
  const pieces: string[] = [];
  for await (const bytes of response.body ?? []) {
    pieces.push(reader.decode(bytes));
    if (reader.isCut) break;
  }
  return pieces.join('') + reader.end();
}

function tooLarge(): never {
  const detail = `The model's answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB.`;
  // Not retried: it would be as large again.
  throw new ModelError('ANSWER_TOO_LARGE', detail, { status: 200 });
}

function toAnswer(text: string): GeminiResponse {
  if (text.trim() === '') throw brokenOff(false);
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch (error) {
    throw new ModelError('UNAVAILABLE', 'The model sent something that is not JSON.', { cause: error });
  }
  if (!isObject(answer)) throw notAnAnswer();
  if (answer['error']) throw errorOf(answer['error'], text);
  const { candidates } = answer;
  if (
    candidates !== undefined &&
    candidates !== null &&
    !(Array.isArray(candidates) && candidates.every(isCandidate))
  )
    throw notAnAnswer();
  dropForeign(answer, candidates ?? []);
  const usage = answer['usageMetadata'];
  if (usage !== undefined) answer['usageMetadata'] = isObject(usage) ? plausible(usage) : undefined;
  return answer;
}

/** More tokens than one answer can possibly have. */
const MOST_TOKENS = 100_000_000;

/** Usage without impossible counts: they are summed, and one would use up a caller's daily tokens. */
function plausible(usage: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(usage)) {
    const count = usage[name];
    const isCount = typeof count === 'number' || typeof count === 'bigint';
    if (isCount && !(Number.isSafeInteger(count) && Number(count) >= 0 && Number(count) <= MOST_TOKENS))
      delete usage[name];
  }
  return usage;
}

/** Whether the chunk says that nothing follows: it has a finish reason or a block reason. */
function isEnd({ candidates, promptFeedback }: GeminiResponse): boolean {
  const [first] = candidates ?? [];
  return Boolean(first?.finishReason && !first.index) || Boolean(!first && promptFeedback?.blockReason);
}

function errorIn(tail: string): ModelError | undefined {
  const start = tail.search(/^[[{]/m);
  if (start === -1) return undefined;
  const text = tail.slice(start);
  try {
    const value = parseJson(text);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return isObject(first) && first['error'] ? errorOf(first['error'], text) : undefined;
  } catch {
    return undefined;
  }
}

function errorOf(error: unknown, text: string): ModelError {
  const code = isObject(error) ? error['code'] : undefined;
  const status = typeof code === 'number' && code >= 400 && code < 600 ? code : 500;
  return modelErrorFrom(status, text, new Headers());
}

function notAnAnswer(): ModelError {
  return new ModelError('UNAVAILABLE', 'The model sent something that is not an answer.');
}

function brokenOff(hasBegun: unknown, saysSomethingElse = false): ModelError {
  const detail = hasBegun
    ? 'The model broke off its answer.'
    : saysSomethingElse
      ? 'The model sent something that is not an answer.'
      : 'The model sent an empty answer.';
  return new ModelError('UNAVAILABLE', detail);
}
