import { ERROR_TABLE, type ErrorCode } from './error-table.ts';

/** Names the row of the error table beside FastAPI's body, which has no place for it. */
export const ERROR_CODE_HEADER = 'x-error-code';

/**
 * An expected failure: it is rendered to the caller as `{"detail": …}` with its row's status.
 * Anything else that is thrown is a bug: logged with its stack, answered as INTERNAL.
 * `detail` replaces the row's sentence and must be fit for the caller's eyes.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Headers of the answer that belong to the failure: Retry-After, WWW-Authenticate. */
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
}
