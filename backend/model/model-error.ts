interface GoogleStatus {
  code?: number;
  message?: string;
  status?: string;
  details?: { '@type'?: string; retryDelay?: string }[];
}

/**
 * A failed call of the model. `code` is Google's (RESOURCE_EXHAUSTED, UNAVAILABLE, ...), `detail` is fit for the caller.
 * The message is the JSON that ADK reads errorCode and errorMessage from.
 */
export class ModelError extends Error {
  readonly code: string;
  readonly detail: string;
  /** HTTP status; undefined where no answer came. */
  readonly status?: number;
  /** What the model's side asked us to wait. */
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

  /** Another attempt may succeed: too many requests, the server's own trouble, or no answer at all. */
  get isRetryable(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }

  /** The class that Python's client would have raised, as its error frames name it. */
  get pythonName(): string {
    return this.status !== undefined && this.status < 500 ? 'ClientError' : 'ServerError';
  }
}

/** The error in an answer of Gemini's API, from its body and headers. */
export function modelErrorFrom(status: number, text: string, headers: Headers): ModelError {
  const error = parseStatus(text);
  const code = error?.status ?? `HTTP_${status}`;
  const message = error?.message ?? 'The model refused the request without a reason.';
  const retryAfterMs = retryDelayMs(error) ?? retryAfterHeaderMs(headers);
  if (status === 401 || status === 403) {
    const cause = new Error(message);
    return new ModelError(code, `${status} ${code}. ${NOT_FOR_CALLERS}`, { status, retryAfterMs, cause });
  }
  return new ModelError(code, `${status} ${code}. ${forCallers(message)}`, { status, retryAfterMs });
}

/** Why the model does not accept us names keys, accounts and projects: that is for the log. */
const NOT_FOR_CALLERS = 'The model does not accept this service; the log says why.';

/** Gemini's sentence without the names of what we are to Google. */
function forCallers(message: string): string {
  return message
    .replace(/\bprojects\/[^/\s`'"]+/g, 'projects/***')
    .replace(/\b(project(?:[ _](?:number|id))?[ :=]+)[\w-]*\d[\w-]*/gi, '$1***')
    .replace(/\bAIza[\w-]{20,}/g, '***')
    .replace(/(?<![\w.-])[\w.-]{1,64}@[\w-]{1,64}\.iam\.gserviceaccount\.com/g, '***');
}

function parseStatus(text: string): GoogleStatus | undefined {
  try {
    const body: unknown = JSON.parse(text);
    // A stream's refusal comes as a list of one.
    const first: { error?: GoogleStatus } | undefined = Array.isArray(body) ? body[0] : body;
    return first?.error;
  } catch {
    return undefined;
  }
}

/** google.rpc.RetryInfo: a duration such as `2s` or `0.5s`. */
function retryDelayMs(error: GoogleStatus | undefined): number | undefined {
  const delay = error?.details?.find((detail) =>
    detail['@type']?.endsWith('google.rpc.RetryInfo'),
  )?.retryDelay;
  const seconds = delay === undefined ? Number.NaN : Number.parseFloat(delay);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function retryAfterHeaderMs(headers: Headers): number | undefined {
  const seconds = Number.parseFloat(headers.get('retry-after') ?? '');
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
