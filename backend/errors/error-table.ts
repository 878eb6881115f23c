/**
 * Every failure that a caller may see.
 *
 * `code` is stable and never reused; `status` is the HTTP status; `sentence` is the default `detail` (Python ADK's
 * wording where it has one, so that its clients recognise it); `next` says what the reader can do. docs/errors.md has
 * the same rows; a test compares both.
 */
export const ERROR_TABLE = {
  ROUTE_NOT_FOUND: {
    status: 404,
    sentence: 'Not Found',
    next: 'See /docs for the routes that are served.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    sentence: 'Method Not Allowed',
    next: 'Use one of the methods that the Allow header names.',
  },
  INVALID_REQUEST: {
    status: 422,
    sentence: 'The request does not have the expected form.',
    next: 'Correct the fields that detail lists by loc; /docs shows the expected form.',
  },
  BAD_REQUEST: {
    status: 400,
    sentence: 'The request cannot be served as it is.',
    next: 'Correct the request as the detail says.',
  },
  APP_NAME_REQUIRED: {
    status: 400,
    sentence: 'app_name is required when ADK_DEFAULT_APP_NAME is not set',
    next: 'Name the app in appName; /list-apps lists them.',
  },
  APP_NOT_FOUND: {
    status: 404,
    sentence: 'Agent not found',
    next: 'List the apps with /list-apps.',
  },
  APP_BROKEN: {
    status: 500,
    sentence: 'Failed to load agent',
    next: '/ready names the broken agent and the reason; correct the agent and restart.',
  },
  APP_INTERNAL: {
    status: 403,
    sentence: 'Access to internal special agents is disabled in API server mode.',
    next: "Use an app's own name; names that begin with two underscores are reserved.",
  },
  NOT_AN_LLM_AGENT: {
    status: 400,
    sentence: 'Root agent is not an LlmAgent',
    next: 'App information exists for apps whose root agent is an LlmAgent only.',
  },
  EVAL_NOT_FOUND: {
    status: 404,
    sentence: 'There is no such eval set, case, result or trace.',
    next: 'List the existing ones: /dev/apps/{app}/eval-sets and /dev/apps/{app}/eval-results.',
  },
  SESSION_NOT_FOUND: {
    status: 404,
    sentence: 'Session not found',
    next: 'Create the session first, or list the sessions of this user.',
  },
  SESSION_EXISTS: {
    status: 409,
    sentence: 'Session already exists',
    next: 'Use the existing session, or choose another id.',
  },
  ARTIFACT_NOT_FOUND: {
    status: 404,
    sentence: 'Artifact not found',
    next: "List the session's artifacts and their versions.",
  },
  ARTIFACT_TOO_LARGE: {
    status: 413,
    sentence: 'The artifact is too large.',
    next: 'Save at most 32 MiB under one name.',
  },
  ARTIFACT_BUSY: {
    status: 409,
    sentence: 'Too many versions of this artifact are being saved at once: nothing was stored.',
    next: 'Save it again after the time in Retry-After.',
  },
  ARTIFACTS_UNAVAILABLE: {
    status: 503,
    sentence: 'The artifact store did not answer in time: nothing was stored.',
    next: 'Try again; /ready says what the service can reach.',
  },
  INVOCATION_NOT_FOUND: {
    status: 404,
    sentence: 'Invocation ID not found',
    next: "Take an invocationId from the session's events.",
  },
  ORIGIN_FORBIDDEN: {
    status: 403,
    sentence: 'Forbidden: origin not allowed',
    next: 'Call from a page of this service, or name the origin in LORNU_ALLOW_ORIGINS.',
  },
  HOST_FORBIDDEN: {
    status: 403,
    sentence: 'Forbidden: host not allowed',
    next: 'Use localhost or a loopback address in the URL, or name the origin in LORNU_ALLOW_ORIGINS.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    sentence: 'The request body is too large.',
    next: 'Send at most 4 MiB, a message with its files at most 20 MiB, an artifact at most 32 MiB.',
  },
  BODY_INCOMPLETE: {
    status: 400,
    sentence: 'The request body broke off.',
    next: 'Send the whole body, as long as Content-Length says.',
  },
  BODY_TIMEOUT: {
    status: 408,
    sentence: 'The request body did not arrive in time.',
    next: 'Send the whole body within 30 seconds.',
  },
  SESSION_BUSY: {
    status: 409,
    sentence: 'This session has a run under way.',
    next: 'Wait as long as Retry-After says, attach to the current run, cancel it, or send the message with `whenBusy`.',
  },
  QUEUE_FULL: {
    status: 429,
    sentence: 'The queue of this session is full.',
    next: 'Wait until a queued message has been taken, or cancel one.',
  },
  SESSION_CHANGED: {
    status: 409,
    sentence: 'Someone else has written to this session since it was read.',
    next: 'Read the session again; then send the message again if it still needs an answer.',
  },
  NOT_STORABLE: {
    status: 422,
    sentence: 'The session store cannot hold this.',
    next: 'Send less at once (put large content into artifacts) or nest it less; the detail says which.',
  },
  LEASE_LOST: {
    status: 409,
    sentence: 'Another process has taken over this session.',
    next: 'Attach to the run again: another process continues it.',
  },
  RUN_NOT_FOUND: {
    status: 404,
    sentence: 'Run not found',
    next: 'List the runs of the session; they are kept for an hour after their end.',
  },
  BAD_LAST_EVENT_ID: {
    status: 400,
    sentence: 'Last-Event-ID is not the id of a frame of this run.',
    next: 'Attach without it to get the run from its beginning.',
  },
  TURN_INTERRUPTED: {
    status: 503,
    sentence: 'The turn was interrupted and could not be continued.',
    next: 'Send the message again.',
  },
  SAME_FAILURE_AGAIN: {
    status: 500,
    sentence: 'The same call failed three times in a row, so the turn was ended.',
    next: 'Ask in another way; the detail says what failed.',
  },
  BAD_CURSOR: {
    status: 400,
    sentence: 'This is not a cursor of this list.',
    next: 'Start the list again without a cursor.',
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
  MAINTENANCE: {
    status: 503,
    sentence: 'The service is under maintenance and begins no new turns.',
    next: 'Send the message again after the time in Retry-After; running turns continue, and everything can be read.',
  },
  UNAUTHENTICATED: {
    status: 401,
    sentence: 'Authentication is required',
    next: 'People sign in at /auth/login; machines send an ID token for this service as Authorization: Bearer.',
  },
  TOKEN_REFUSED: {
    status: 401,
    sentence: 'The token is not accepted',
    next: 'Get a new ID token from a trusted issuer, made for the audience of this service; docs/security.md lists every check.',
  },
  CERTIFICATE_REFUSED: {
    status: 401,
    sentence: 'The client certificate is not accepted',
    next: 'Use a certificate whose subject alternative name is on the list of peers.',
  },
  CALLER_NOT_ALLOWED: {
    status: 403,
    sentence: 'This caller is not allowed to do that',
    next: 'Have the caller added to the list of its role; docs/security.md has the table of roles.',
  },
  SIGN_IN_FAILED: {
    status: 400,
    sentence: 'Signing in did not succeed',
    next: 'Begin again at /auth/login.',
  },
  ISSUER_UNAVAILABLE: {
    status: 503,
    sentence: 'The issuer that vouches for callers cannot be reached',
    next: 'Try again after the time in Retry-After; lornu doctor shows which hop fails.',
  },
  LIMIT_REACHED: {
    status: 429,
    sentence: 'This caller has reached a limit',
    next: 'Try again after the time in Retry-After; the detail names the limit.',
  },
  BUDGET_REACHED: {
    status: 429,
    sentence: 'A budget of money for today is spent.',
    next: 'Send the message again after the time in Retry-After, or ask for a higher budget; the detail names it.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    sentence: 'The request headers are too large',
    next: 'Send a token of at most 8 KB and headers of at most 16 KB.',
  },
  STORED_DATA_DAMAGED: {
    status: 500,
    sentence: 'What is stored cannot be read.',
    next: 'Continue in a new session, and ask an operator to restore a backup. The detail names what is damaged.',
  },
  TURN_FAILED: {
    status: 500,
    sentence: 'The turn failed.',
    next: 'Read the detail; the session holds an event that says the same, and the next message goes on from it.',
  },
  TURN_TAKES_LONGER: {
    status: 504,
    sentence: 'The turn takes longer than /run may stay silent; it goes on and is stored.',
    next: 'Attach to the run named by the header lornu-run-id, or read the session later; /run_sse has no such limit.',
  },
  NOT_BUILT: {
    status: 404,
    sentence: 'This part of the ADK contract is not served here.',
    next: 'Use the FastAPI/ADK agent for it; docs/errors.md lists what is not served.',
  },
  INTERNAL: {
    status: 500,
    sentence: 'Internal server error',
    next: 'Report the request id; the log line with that id says what happened.',
  },
} as const satisfies Record<string, { status: number; sentence: string; next: string }>;

export type ErrorCode = keyof typeof ERROR_TABLE;
