import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { TRACER } from '../observability/trace-context.ts';

/** https://opentelemetry.io/docs/specs/semconv/database/database-spans/ */
const OPTIONS = {
  kind: SpanKind.CLIENT,
  attributes: { 'db.system.name': 'gcp.firestore' } satisfies Attributes,
};

/**
 * A call of Firestore as a span of the trace that is recorded here, if there is one. The client's own spans are three to
 * five for each call, with sixteen attributes: a quarter of a turn's CPU.
 */
export async function traceCall<T>(call: () => Promise<T>): Promise<T> {
  if (!trace.getActiveSpan()?.isRecording()) return call();
  return trace.getTracer(TRACER).startActiveSpan('firestore', OPTIONS, async (span) => {
    try {
      return await call();
    } catch (error) {
      // The message may quote what was to be stored.
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
      span
        .setStatus({ code: SpanStatusCode.ERROR })
        .setAttribute(
          'error.type',
          typeof code === 'number' || typeof code === 'string' ? String(code) : '_OTHER',
        );
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Says of the call under way that it is a transaction. */
export function nameTransaction(): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording())
    span.updateName('firestore transaction').setAttribute('db.operation.name', 'transaction');
}
