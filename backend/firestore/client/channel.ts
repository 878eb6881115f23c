/** The calls of Firestore's REST API that the service needs. */
export type Verb = 'batchGet' | 'runQuery' | 'commit' | 'rollback';

/** One message of a response. */
export type Row = Record<string, unknown>;

/** Carries calls to a database. https://cloud.google.com/firestore/docs/reference/rest */
export interface Channel {
  /** The messages of the response. `target`: the full name below which the call works. Throws FirestoreError. */
  call(verb: Verb, target: string, body: object): Promise<Row[]>;
}

/** gRPC's codes by name, in their order. https://grpc.io/docs/guides/status-codes */
const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
export type Code = (typeof CODES)[number];

/** A call that failed, with gRPC's code. */
export class FirestoreError extends Error {
  readonly code: number;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(`${CODES.indexOf(code)} ${code}: ${message}`, options);
    this.code = CODES.indexOf(code);
  }

  is(...codes: Code[]): boolean {
    return codes.some((code) => CODES.indexOf(code) === this.code);
  }
}

/** A code by its name in a response; UNKNOWN if it is none. */
export function codeNamed(name: unknown): Code {
  return CODES.find((code) => code === name) ?? 'UNKNOWN';
}

const FIRST_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Repeats a call for up to `callMs` milliseconds while Firestore is unavailable. `attempt` gets the time that is left.
 * Throws FirestoreError.
 */
export async function whileUnavailable<T>(
  callMs: number,
  attempt: (withinMs: number) => Promise<T>,
): Promise<T> {
  const giveUpAt = performance.now() + callMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    try {
      return await attempt(giveUpAt - performance.now());
    } catch (error) {
      const isPassing = error instanceof FirestoreError && error.is('UNAVAILABLE');
      if (!isPassing || performance.now() + pauseMs >= giveUpAt) throw error;
      await Bun.sleep(pauseMs);
    }
  }
}
