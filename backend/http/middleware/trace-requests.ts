import {
  context as otel,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type TextMapGetter,
} from '@opentelemetry/api';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { TRACER } from '../../observability/trace-context.ts';
import type { AppEnv } from '../route.ts';
import { RUN_ID_HEADER } from '../sse.ts';

/** Probes of the load balancer, several a minute: they would be most of all traces. */
const NOT_TRACED: ReadonlySet<string> = new Set(['/health', '/ready']);
/** The load balancer's id of the request, which its access log has. */
const BALANCER_ID = 'x-amzn-trace-id';

const HEADERS: TextMapGetter<Headers> = {
  get: (headers, key) => headers.get(key) ?? undefined,
  keys: (headers) => [...headers.keys()],
};

/**
 * Opens a server span for each request, as a child of the caller's if it sends traceparent. Spans of the turn are its
 * children, even those that start after the response began. Mount it only if traces are recorded.
 */
export function traceRequests(): MiddlewareHandler<AppEnv> {
  const tracer = trace.getTracer(TRACER);
  return async function traceRequest(context, next) {
    const { method, path } = context.req;
    if (NOT_TRACED.has(path)) return next();
    const { headers } = context.req.raw;
    const parent = propagation.extract(otel.active(), headers, HEADERS);
    return tracer.startActiveSpan(method, { kind: SpanKind.SERVER }, parent, async (span) => {
      context.set('traceId', span.spanContext().traceId);
      if (!span.isRecording()) return next();
      const balancerId = headers.get(BALANCER_ID)?.slice(0, 256);
      // Set after the start, because OpenTelemetry copies attributes in the options twice.
      span.setAttributes({
        'http.request.method': method,
        'url.path': path.slice(0, 512),
        'url.scheme': headers.get('x-forwarded-proto') === 'https' ? 'https' : 'http',
        ...(balancerId ? { [`http.request.header.${BALANCER_ID}`]: [balancerId] } : {}),
      });
      try {
        await next();
        const { status } = context.res;
        const route = routeOf(context);
        if (route) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
        const runId = context.res.headers.get(RUN_ID_HEADER);
        span.setAttributes({
          'http.response.status_code': status,
          'lornu.request.id': context.get('requestId'),
          ...(runId ? { 'lornu.run.id': runId } : {}),
        });
        if (status >= 500)
          span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
      } finally {
        span.end();
      }
    });
  };
}

/** The route's pattern, such as /list-apps; undefined if none matched. Patterns of middleware end with a star. */
function routeOf(context: Context): string | undefined {
  return matchedRoutes(context).findLast(({ path }) => !path.endsWith('*'))?.path;
}
