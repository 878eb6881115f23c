import type { MiddlewareHandler } from 'hono';
import type { ErrorCode } from '../../errors/error-table.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { ERROR_CODE_HEADER } from '../../errors/app-error.ts';
import type { AppEnv } from '../route.ts';

/** Format of an accepted request id from the caller; any other is replaced. */
const REQUEST_ID = /^[\w.:=-]{1,128}$/;
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/;

/** One year. Without includeSubDomains: other names under the domain are not ours. */
const REMEMBER_HTTPS = 'max-age=31536000';

/** Failures for which the service is responsible; a failed turn is counted by its run. */
const FAULTS: ReadonlySet<string> = new Set<ErrorCode>(['INTERNAL', 'APP_BROKEN']);

export interface ObserveOptions {
  log: Logger;
  metrics: Pick<Metrics, 'fault'> | undefined;
  /** Milliseconds; monotonic. */
  clock: () => number;
  newId: () => string;
  /** The service is reached over https only, so browsers are told to remember that (HSTS). */
  isHttps: boolean;
}

/** Statuses that are sent before the body was read to its end. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 408, 413, 429]);

/**
 * Gives each request an id and a trace id, returns the request id, and writes one log line when the response begins.
 * Health checks are logged at debug level: a load balancer sends several a minute.
 */
export function observe({ log, metrics, clock, newId, isHttps }: ObserveOptions): MiddlewareHandler<AppEnv> {
  return async function observeRequest(context, next) {
    const given = context.req.header('x-request-id') ?? '';
    const requestId = REQUEST_ID.test(given) ? given : newId();
    context.set('requestId', requestId);
    context.set('traceId', traceIdOf(context.req.header('traceparent')) ?? newId().replaceAll('-', ''));
    const beganMs = clock();

    await next();

    // Bun answers the trailers of a chunked body with a second response, which a load balancer would send to the next
    // client on the connection: tests/attacks/bun-faults.test.ts fails once that is fixed.
    // https://github.com/oven-sh/bun/pull/32887 Not context.header(): it would rebuild the response twice.
    context.res.headers.set('x-request-id', requestId);
    context.res.headers.set('x-content-type-options', 'nosniff');
    // Responses are private to the caller: no cache may store them unless the route says so.
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
    const { headers } = context.req.raw;
    if (headers.has('transfer-encoding') || isLeftUnread(context.res.status, headers))
      context.res.headers.set('connection', 'close');
    if (isHttps) context.res.headers.set('strict-transport-security', REMEMBER_HTTPS);
    // Without a principal (open routes, failed authentication) nothing is counted, as anybody could cause it.
    const code = context.res.headers.get(ERROR_CODE_HEADER) ?? '';
    if (FAULTS.has(code) && context.get('principal') !== undefined) metrics?.fault();
    const { path } = context.req;
    const isProbe = path === '/health' || path === '/ready';
    log[isProbe ? 'debug' : 'info']('request', {
      requestId,
      traceId: context.get('traceId'),
      method: context.req.method,
      path: path.slice(0, 512),
      status: context.res.status,
      durationMs: Math.round((clock() - beganMs) * 100) / 100,
    });
  };
}

/**
 * Whether the rest of a request body may stay unread with the connection open: a slow sender could hold it for as long
 * as it likes.
 */
function isLeftUnread(status: number, headers: Headers): boolean {
  return REFUSALS.has(status) && Number(headers.get('content-length') ?? 0) > 0;
}

function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}
