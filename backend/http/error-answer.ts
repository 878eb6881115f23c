import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ERROR_CODE_HEADER, toAppError } from '../errors/app-error.ts';
import { ValidationError } from '../errors/validation-error.ts';
import type { Logger } from '../observability/logger.ts';
import type { AppContext } from './route.ts';

/** Adds the request's ids to each line. */
export function requestLog(context: AppContext, log: Logger): Logger {
  return log.with({ requestId: context.get('requestId'), traceId: context.get('traceId') });
}

/**
 * The response for an error that a handler threw: an AppError according to its entry in the error table; any other
 * error is logged as a bug and answered as INTERNAL, so that no internal message or stack reaches a caller.
 */
export function answerError(error: unknown, context: AppContext, log: Logger): Response {
  const known = toAppError(error);
  if (known.isToLog) requestLog(context, log).error('request failed', known.logFields);
  for (const [name, value] of Object.entries(known.headers)) context.header(name, value);
  context.header(ERROR_CODE_HEADER, known.code);
  const detail = known instanceof ValidationError ? known.issues : known.message;
  return context.json({ detail }, known.status as ContentfulStatusCode);
}
