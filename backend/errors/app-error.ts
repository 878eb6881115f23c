import { ERROR_TABLE, type ErrorCode } from './error-table.ts';

/** Header with the code of the error table: FastAPI's body has no field for it. */
export const ERROR_CODE_HEADER = 'x-error-code';

/** Logged by the run, with the cause; a turn that continues is no failure. */
const LOGGED_BY_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['TURN_FAILED', 'TURN_TAKES_LONGER']);

/**
 * An expected failure, sent as `{"detail": …}` with the status of its entry in the error table. Any other error is a
 * bug: it is logged with its stack and answered as INTERNAL. `detail` replaces the entry's sentence and must be safe to
 * show to the caller.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Response headers that belong to the failure: Retry-After, WWW-Authenticate. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail ?? ERROR_TABLE[code].sentence, options);
    this.name = 'AppError';
    this.code = code;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return ERROR_TABLE[this.code].status;
  }

  /** Whether the code that answers a request with this error logs it. Mistakes of callers are not logged. */
  get isToLog(): boolean {
    return this.status >= 500 && !LOGGED_BY_RUN.has(this.code);
  }

  /** The fields of a log line: the code, and the error with its stack; for a bug, the original error. */
  get logFields(): { code: ErrorCode; error: unknown } {
    return { code: this.code, error: this.code === 'INTERNAL' ? this.cause : this };
  }
}

/** The error as callers see it. One that is not an AppError is a bug: its message and stack are not shown. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('INTERNAL', undefined, { cause: error });
}
