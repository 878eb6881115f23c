import { AppError } from '../errors/app-error.ts';
import { UnstorableValueError } from './client/values.ts';
import { traceCall } from './trace-call.ts';

/** Longest wait for one read or transaction, retries included. */
export const LONGEST_WAIT_MS = 12_000;

/** The longest time without Firestore that an active turn survives, and its listeners with it. */
export const LONGEST_OUTAGE_MS = 45_000;

/** gRPC's codes. https://grpc.io/docs/guides/status-codes */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const UNAUTHENTICATED = 16;

/**
 * Sentences for callers. What is wrong in the environment concerns operators only, who see it in the log and /ready.
 */
const FOR_CALLERS: { [code: number]: string } = {
  [NOT_FOUND]: 'The session store is not there: nothing was stored.',
  [PERMISSION_DENIED]: 'The session store refuses this service: nothing was stored.',
  [RESOURCE_EXHAUSTED]: 'The session store has reached its quota: nothing was stored.',
  [UNAUTHENTICATED]: 'The session store does not know this service: nothing was stored.',
};

/**
 * Calls Firestore with a time limit. Throws AppError: the call's own AppError, NOT_STORABLE for values that Firestore
 * never accepts, otherwise STORE_UNAVAILABLE.
 */
export async function calling<T>(
  call: (signal: AbortSignal) => Promise<T>,
  waitMs = LONGEST_WAIT_MS,
): Promise<T> {
  const late = new AbortController();
  const running = traceCall(async () => call(late.signal));
  // The result no longer matters once we have stopped waiting.
  running.catch(() => undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      running,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(unavailable()), waitMs);
      }),
    ]);
  } catch (error) {
    late.abort();
    throw asStoreError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Pause between retries in the background. */
const TRY_EVERY_MS = 500;
/** gRPC codes of temporary outages, as opposed to refusals. */
const PASSING = new Set([4, 10, 13, 14]);

/**
 * Retries a call until Firestore answers, for a longer but limited time: for writes of a running turn, which should
 * survive an outage. The call must be idempotent. Throws as `calling` does; a refusal is not retried.
 */
export async function patiently<T>(
  call: (signal: AbortSignal) => Promise<T>,
  patienceMs: number,
  waitMs?: number,
): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await calling(call, waitMs);
    } catch (error) {
      if (!isOutage(error) || performance.now() > giveUpAt) throw error;
      await Bun.sleep(TRY_EVERY_MS);
    }
  }
}

/** Whether Firestore did not answer, in contrast to a refusal: then it is not known whether something was stored. */
export function isOutage(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code !== 'STORE_UNAVAILABLE') return false;
  const code = codeOf(error.cause);
  return code === undefined || PASSING.has(code);
}

function unavailable(detail?: string, cause?: unknown): AppError {
  return new AppError('STORE_UNAVAILABLE', detail, { cause, headers: { 'retry-after': '2' } });
}

function asStoreError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof UnstorableValueError)
    return new AppError('NOT_STORABLE', whyRefused(error.message), { cause: error });
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (code === INVALID_ARGUMENT) {
    // Safe to retry: nothing was stored.
    if (/transaction (has expired|is no longer valid|has been closed)/i.test(message))
      return unavailable(undefined, message);
    return new AppError('NOT_STORABLE', whyRefused(message), { cause: error });
  }
  // A bug of ours is not an outage: an outage has gRPC's code or a system error code.
  if (code === undefined && !isSystemError(error)) return error;
  return unavailable(FOR_CALLERS[code ?? -1], error);
}

/** Firestore's messages for values that it refuses, with our sentences. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/nest|depth|deep/i, 'The session store cannot hold values nested deeper than 20.'],
  [/transaction too big|request.*(size|large)/i, 'This is too much for the session store at once.'],
  [/index entr/i, 'This has more fields than the session store can index.'],
  [
    /size .*exceeds|maximum.*size|longer than|too (long|large)|exceeds/i,
    'This is too large for the session store.',
  ],
  [/array/i, 'The session store cannot hold a list directly inside a list.'],
  [/reserved|__/i, 'The session store cannot hold a name that begins and ends with two underscores.'],
];

function whyRefused(message: string): string | undefined {
  return REFUSALS.find(([words]) => words.test(message))?.[1];
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function codeOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** One sentence for operators on why the database cannot be used; undefined if the error is not a refusal. */
export function whyUnusable(error: unknown, database: string): string | undefined {
  switch (codeOf(error instanceof AppError ? error.cause : error)) {
    case NOT_FOUND:
      return `There is no Firestore database "${database}" in this project.`;
    case PERMISSION_DENIED:
      return `Firestore refuses access to the database "${database}": the identity of this service needs the role Cloud Datastore User on it.`;
    case UNAUTHENTICATED:
      return `Firestore does not accept the credentials of this service for the database "${database}".`;
    case RESOURCE_EXHAUSTED:
      return `The quota of the Firestore database "${database}" is used up.`;
    default:
      return undefined;
  }
}
