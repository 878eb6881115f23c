import { toWait } from '../util/format.ts';

/** An error described for the person, with what they can do now. */
export class Problem extends Error {
  readonly status: number;
  readonly next: string;
  readonly requestId: string | undefined;

  /** `status` is the HTTP status; 0 if there was no response. */
  constructor(
    status: number,
    message: string,
    next: string,
    options?: { requestId?: string; cause?: unknown },
  ) {
    super(message, { cause: options?.cause });
    this.name = 'Problem';
    this.status = status;
    this.next = next;
    this.requestId = options?.requestId;
  }
}

/** Whether there is no such thing, or no such route. */
export function isMissing({ status }: Problem): boolean {
  return status === 404 || status === 405;
}

const REWOUND = 'This message was sent again, or changed, on another device.';

/** Whether a turn that the page still shows no longer counts. */
export function isRewound({ message }: Problem): boolean {
  return message === REWOUND;
}

/** Whether the service has no such route: google-adk's own server has fewer of them. */
export function isUnknownRoute({ status, message }: Problem): boolean {
  return status === 405 || (status === 404 && message === 'Not Found');
}

const NEXT_BY_STATUS: Record<number, string> = {
  401: 'Sign in: the page comes back here, and what you wrote is kept.',
  403: 'Sign in as someone who may do this.',
  404: 'It may have been deleted. Pick another conversation or begin a new one.',
  409: 'Wait for the answer under way, or stop it.',
  413: 'Send less at once.',
  422: 'Change the message and send it again.',
  429: 'Wait a moment, then try again.',
};

/** Converts a response that is not 2xx to a Problem; reads both forms of ADK's `detail`. */
export async function toProblem(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const fallback =
    response.status >= 500 ? 'The service could not do this.' : `The service answered ${response.status}.`;
  const waitSeconds = secondsOf(response.headers.get('retry-after') ?? '');
  const tellsWhen = response.status === 429 || response.headers.get('x-error-code') === 'MAINTENANCE';
  const next =
    (tellsWhen && waitSeconds > 0 ? `Try again in ${toWait(waitSeconds)}.` : undefined) ??
    NEXT_BY_STATUS[response.status] ??
    (response.status >= 500 ? 'Try again in a moment.' : 'Reload the page and try again.');
  const detail = readDetail(await response.text().catch(() => ''));
  const isOld = response.headers.get('x-error-code') === 'INVOCATION_NOT_FOUND';
  const message = (isOld ? REWOUND : toMessage(response.status, detail)) ?? fallback;
  return new Problem(response.status, message, next, requestId ? { requestId } : {});
}

/** Retry-After is a number of seconds or, from a proxy, a date. */
function secondsOf(retryAfter: string): number {
  return Number.isNaN(Number(retryAfter))
    ? (Date.parse(retryAfter) - Date.now()) / 1_000
    : Number(retryAfter);
}

/** The service's sentences are written for whoever calls its API; these every person meets. */
function toMessage(status: number, detail: string | undefined): string | undefined {
  if (status === 401) return 'You are not signed in any more.';
  if (detail === 'Session not found') return 'This conversation is not there.';
  if (status !== 429 || detail === undefined) return detail;
  const grouped = detail.replaceAll(/\d{4,}/gu, (digits) => Number(digits).toLocaleString('en'));
  return `A limit is reached: ${grouped.charAt(0).toLowerCase()}${grouped.slice(1)}.`;
}

/** What to show for any thrown error; only a Problem's own text is shown to the person. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(
    0,
    'The service cannot be reached.',
    'Check the connection; the page tries again by itself.',
    { cause: error },
  );
}

function readDetail(text: string): string | undefined {
  try {
    const body: { detail?: string | { msg?: string }[] } = JSON.parse(text);
    if (typeof body.detail === 'string' && body.detail) return body.detail;
    if (Array.isArray(body.detail)) {
      return body.detail[0]?.msg;
    }
  } catch {
    // Not JSON but a proxy's page, whose text does not help the person.
  }
  return undefined;
}
