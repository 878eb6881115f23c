import {
  context,
  defaultTextMapGetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
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

/** The conventions' attributes of the server that a span calls. */
export function serverAttributes(url: string): { 'server.address'?: string; 'server.port'?: number } {
  const { hostname, port, protocol } = URL.parse(url) ?? {};
  if (hostname === undefined) return {};
  return { 'server.address': hostname, 'server.port': Number(port || (protocol === 'https:' ? 443 : 80)) };
}
