import { readJsonWithin } from '@lornu/backend/identity/read-json-within.ts';

/** One step on the way to a dependency of the service. */
export interface Hop {
  name: 'task role' | 'federation' | 'service account' | 'database' | 'key set' | 'peer' | 'model';
  state: 'ok' | 'missing' | 'optional';
  value: string;
  next?: string;
}

export interface HopsOptions {
  env: Readonly<Record<string, string | undefined>>;
  fetch: typeof fetch;
  now: () => number;
  signal: AbortSignal;
}

/** Time limit of a hop, in milliseconds. */
export const LIMIT_MS = 10_000;

/** A hop that the configuration does not need. */
export const notConfigured = (name: Hop['name'], value: string): Hop => ({ name, state: 'optional', value });

/** Tries a hop; an error becomes its value, and `next` says what to do. */
export async function attempt(name: Hop['name'], go: () => Promise<string>, next: string): Promise<Hop> {
  try {
    return { name, state: 'ok', value: await go() };
  } catch (error) {
    return { name, state: 'missing', value: reasonOf(error), next };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed for an unknown reason';
  if (error.name === 'TimeoutError') return `no answer within ${LIMIT_MS / 1000} s`;
  const cause = error.cause instanceof Error && error.cause.message !== '' ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`.replace(/\s+/g, ' ').slice(0, 300);
}

/** Google's own message of a refusal, which contains no secret of ours. */
export async function messageOf(response: Response): Promise<string> {
  try {
    const body = (await readJsonWithin(response, 64 * 1024)) as { error?: { message?: unknown } };
    return typeof body.error?.message === 'string' ? body.error.message.slice(0, 200) : 'without a reason';
  } catch {
    return 'without a reason';
  }
}

/** A signal that aborts with the caller's, or after LIMIT_MS. */
export const within = (signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
