import type { MiddlewareHandler } from 'hono';
import type { ErrorCode } from '../../errors/error-table.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { ERROR_CODE_HEADER } from '../../errors/app-error.ts';
import type { AppEnv } from '../route.ts';

/** What a caller may send as its own request id; anything else is replaced. */
const REQUEST_ID = /^[\w.:=-]{1,128}$/;
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/;

/** A year. Other names under the domain are not ours to decide about. */
const REMEMBER_HTTPS = 'max-age=31536000';

/** Failures of requests that are ours to mend; a failed turn is counted by its run. */
const FAULTS: ReadonlySet<string> = new Set<ErrorCode>(['INTERNAL', 'APP_BROKEN']);

export interface ObserveOptions {
  log: Logger;
  metrics: Pick<Metrics, 'fault'> | undefined;
  /** Milliseconds; monotonic. */
  clock: () => number;
  newId: () => string;
  /** The service is reached by https alone: browsers are told to remember it. */
  isHttps: boolean;
}

/** Told before a body is read to its end. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 408, 413, 429]);

/**
 * Gives each request an id and a trace id, answers with the request id, and writes one log line when the answer begins.
 * Probes are logged at debug: a load balancer sends several a minute.
 */
export function observe({ log, metrics, clock, newId, isHttps }: ObserveOptions): MiddlewareHandler<AppEnv> {
  return async function observeRequest(context, next) {
    const given = context.req.header('x-request-id') ?? '';
    const requestId = REQUEST_ID.test(given) ? given : newId();
    context.set('requestId', requestId);
    context.set('traceId', traceIdOf(context.req.header('traceparent')) ?? newId().replaceAll('-', ''));
    const beganMs = clock();

    await next();

    // Bun answers the trailers of a chunked body with a second answer, which a load balancer would hand to whoever comes next
    // on the connection: tests/attacks/bun-faults.test.ts tells when that is mended. https://github.com/oven-sh/bun/pull/32887
    // Not context.header(): it would make the answer anew, twice.
    context.res.headers.set('x-request-id', requestId);
    context.res.headers.set('x-content-type-options', 'nosniff');
    // What a caller reads is theirs: no cache on the way keeps it, unless its route says so.
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
    const { headers } = context.req.raw;
    if (headers.has('transfer-encoding') || isLeftUnread(context.res.status, headers))
      context.res.headers.set('connection', 'close');
    if (isHttps) context.res.headers.set('strict-transport-security', REMEMBER_HTTPS);
    // On routes that are open, and before it is known who calls, there is no principal: what anybody can cause is not counted.
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

/** Whether a body may go on that nobody reads any more: who drips it would hold the connection for as long as they like. */
function isLeftUnread(status: number, headers: Headers): boolean {
  return REFUSALS.has(status) && Number(headers.get('content-length') ?? 0) > 0;
}

function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
}
