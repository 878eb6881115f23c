/**
 * Every failure that a caller may see, one row each.
 *
 * `code` is stable and never reused; `status` is the HTTP status; `sentence` is the default for `detail`;
 * `next` says what the reader can do. docs/errors.md lists the same rows, a test compares both ways.
 */
export const ERROR_TABLE = {
  SESSION_NOT_FOUND: {
    status: 404,
    sentence: 'Session not found',
    next: 'Create the session first, or list the sessions of this user.',
  },
  NOT_BUILT: {
    status: 501,
    sentence: 'This part of the ADK contract is not served here.',
    next: 'Use the FastAPI/ADK agent for it, or see docs/errors.md for what is served.',
  },
  INTERNAL: {
    status: 500,
    sentence: 'Internal server error',
    next: 'Report the request id; the log line with that id says what happened.',
  },
} as const satisfies Record<string, { status: number; sentence: string; next: string }>;

export type ErrorCode = keyof typeof ERROR_TABLE;
