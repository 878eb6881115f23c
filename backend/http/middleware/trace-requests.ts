import { context as otel, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../route.ts';

/**
 * Opens a server span for each request, as a child of the caller's if it sends traceparent. Spans of the turn are its
 * children, even those that start after the response began. Mount it only if traces are exported.
 */
export function traceRequests(): MiddlewareHandler<AppEnv> {
  const tracer = trace.getTracer('lornu');
  return async function traceRequest(context, next) {
    const { method, path } = context.req;
    const parent = propagation.extract(otel.active(), context.req.raw.headers, {
      get: (headers, key) => headers.get(key) ?? undefined,
      keys: (headers) => [...headers.keys()],
    });
    const attributes = { 'http.request.method': method, 'url.path': path };
    const options = { kind: SpanKind.SERVER, attributes };
    await tracer.startActiveSpan(`${method} ${path}`, options, parent, async (span) => {
      context.set('traceId', span.spanContext().traceId);
      try {
        await next();
        const { status } = context.res;
        span.setAttributes({
          'http.response.status_code': status,
          'http.request.id': context.get('requestId'),
        });
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    });
  };
}
