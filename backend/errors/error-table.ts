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
  SESSION_EXISTS: {
    status: 409,
    sentence: 'Session already exists',
    next: 'Use the session that is there, or choose another id.',
  },
  SESSION_BUSY: {
    status: 409,
    sentence: 'This session has a run under way.',
    next: 'Wait as long as Retry-After says, attach to the running run, or cancel it.',
  },
  LEASE_LOST: {
    status: 409,
    sentence: 'Another process has taken over this session.',
    next: 'Attach to the run again: it goes on elsewhere.',
  },
  BAD_CURSOR: {
    status: 400,
    sentence: 'This is not a cursor of this list.',
    next: 'Begin the list again without a cursor.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    sentence: 'The session store did not answer in time: nothing was stored.',
    next: 'Try again; /ready says what the service can reach.',
  },
  DRAINING: {
    status: 503,
    sentence: 'This process is about to stop and begins no new runs.',
    next: 'Try again: the load balancer sends the request to another process.',
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
