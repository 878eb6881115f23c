import { z } from 'zod';
import { waitInWords } from '../errors/wait-in-words.ts';

/**
 * A failed model call. `code` is Google's (RESOURCE_EXHAUSTED, UNAVAILABLE, ...), `detail` is safe to show to callers.
 * The message is the JSON from which ADK reads errorCode and errorMessage.
 */
export class ModelError extends Error {
  readonly code: string;
  readonly detail: string;
  /** HTTP status; undefined if there was no response. */
  readonly status?: number;
  /** The pause that the API asked for. */
  readonly retryAfterMs?: number;

  constructor(
    code: string,
    detail: string,
    options: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(JSON.stringify({ error: { code, message: detail } }), { cause: options.cause });
    this.name = 'ModelError';
    this.code = code;
    this.detail = detail;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether another attempt may succeed: rate limit, server error, or no response. */
  get isRetryable(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }

  /** The exception class of Python's client, as its error frames name it. */
  get pythonName(): string {
    return this.status !== undefined && this.status < 500 ? 'ClientError' : 'ServerError';
  }
}

/** The error in a response of Gemini's API, from its body and headers. */
export function modelErrorFrom(status: number, text: string, headers: Headers): ModelError {
  const error = parseStatus(text);
  const code = error?.status ?? `HTTP_${status}`;
  const message = error?.message ?? 'The model refused the request without a reason.';
  const retryAfterMs = retryDelayMs(error) ?? retryAfterHeaderMs(headers);
  if (status === 401 || status === 403) {
    const cause = new Error(message);
    return new ModelError(code, `${status} ${code}. ${NOT_FOR_CALLERS}`, { status, retryAfterMs, cause });
  }
  const words = withPause(`${status} ${code}. ${forCallers(message)}`, retryAfterMs);
  return new ModelError(code, words, { status, retryAfterMs });
}

/** From this pause on, callers are told how long; the page says "a moment" for a shorter one. */
const LONG_PAUSE_MS = 60_000;

/** The page looks for the added sentence at the end of a message (frontend/src/chat/failure-words.ts). */
function withPause(words: string, retryAfterMs = 0): string {
  if (retryAfterMs < LONG_PAUSE_MS) return words;
  return `${words.replace(/\.$/, '')}. Try again in ${waitInWords(retryAfterMs / 1000)}.`;
}

/** The reason why the API refuses our credentials contains keys, accounts and projects: it goes to the log only. */
const NOT_FOR_CALLERS = 'The model does not accept this service; the log says why.';

/** Gemini's message without the names of our Google identity. */
function forCallers(message: string): string {
  return message
    .replace(/\bprojects\/[^/\s`'"]+/g, 'projects/***')
    .replace(/\b(project(?:[ _](?:number|id))?[ :=]+)[\w-]*\d[\w-]*/gi, '$1***')
    .replace(/\bAIza[\w-]{20,}/g, '***')
    .replace(/(?<![\w.-])[\w.-]{1,64}@[\w-]{1,64}\.iam\.gserviceaccount\.com/g, '***');
}

/** google.rpc.Status. A proxy may answer with something else; what does not have the expected form is left out. */
const DETAIL = z.object({
  '@type': z.string().catch(''),
  retryDelay: z.string().optional().catch(undefined),
});
const STATUS = z.object({
  message: z.string().optional().catch(undefined),
  status: z.string().min(1).optional().catch(undefined),
  details: z.array(DETAIL.catch({ '@type': '' })).catch([]),
});
/** For a stream the error is wrapped in a list. */
const REFUSAL = z.preprocess(
  (body) => (Array.isArray(body) ? body[0] : body),
  z.object({ error: z.union([STATUS, z.string().transform((message) => ({ message, details: [] }))]) }),
);

function parseStatus(text: string): z.infer<typeof STATUS> | undefined {
  try {
    return REFUSAL.safeParse(JSON.parse(text)).data?.error;
  } catch {
    return undefined;
  }
}

/** google.rpc.RetryInfo: a duration such as `2s` or `0.5s`. */
function retryDelayMs(error: z.infer<typeof STATUS> | undefined): number | undefined {
  const info = error?.details.find((detail) => detail['@type'].endsWith('google.rpc.RetryInfo'));
  return pauseMs(Number.parseFloat(info?.retryDelay ?? ''));
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfterHeaderMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  return pauseMs(/^[\d.]+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000);
}

/** A time that has passed is no pause. */
const pauseMs = (seconds: number): number | undefined =>
  Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
