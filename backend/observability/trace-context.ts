import {
  type Attributes,
  context,
  defaultTextMapGetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

/** Name of the instrumentation scope of all our spans. */
export const TRACER = 'lornu';

/** The W3C trace context of a span, for a request to another service; undefined if nothing is traced. */
export function traceparentOf(span: Span | undefined = trace.getActiveSpan()): string | undefined {
  const of = span?.spanContext();
  if (!of || !isSpanContextValid(of)) return undefined;
  return `00-${of.traceId}-${of.spanId}-${of.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The same as a header. */
export function traceHeaders(span?: Span): { traceparent?: string } {
  const traceparent = traceparentOf(span);
  return traceparent ? { traceparent } : {};
}

/**
 * Runs work as part of the trace that a stored `traceparent` names, whatever this process was doing. Without one it
 * belongs to no trace.
 */
export function inTraceOf<T>(traceparent: string | undefined, work: () => T): T {
  const parent = traceparent
    ? propagation.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter)
    : ROOT_CONTEXT;
  return context.with(parent, work);
}

interface ServerAttributes {
  'server.address'?: string;
  'server.port'?: number;
}

/** Of the few servers in the configuration, so that each call need not parse their addresses. */
const serversByUrl = new Map<string, ServerAttributes>();

/** The conventions' attributes of the server that a span calls: one from the configuration. */
export function serverAttributes(url: string): ServerAttributes {
  let attributes = serversByUrl.get(url);
  if (!attributes) serversByUrl.set(url, (attributes = parseServer(url)));
  return attributes;
}

function parseServer(url: string): ServerAttributes {
  const { hostname, port, protocol } = URL.parse(url) ?? {};
  if (hostname === undefined) return {};
  return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
}

/**
 * A call of another service as a span. Of an error only `errorTypeOf` is recorded: its message may quote a conversation.
 */
export async function traceClientCall<T>(
  name: string,
  attributes: Attributes,
  call: (span: Span) => Promise<T>,
  errorTypeOf: (error: unknown) => string,
): Promise<T> {
  return trace.getTracer(TRACER).startActiveSpan(name, { kind: SpanKind.CLIENT }, async (span) => {
    span.setAttributes(attributes);
    try {
      return await call(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', errorTypeOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}
