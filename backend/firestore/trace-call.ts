import { trace } from '@opentelemetry/api';
import { traceClientCall } from '../observability/trace-context.ts';

/** https://opentelemetry.io/docs/specs/semconv/database/database-spans/ */
const ATTRIBUTES = { 'db.system.name': 'gcp.firestore' };

/** A call of Firestore as a span of the trace that is recorded here, if there is one. */
export async function traceCall<T>(call: () => Promise<T>): Promise<T> {
  if (!trace.getActiveSpan()?.isRecording()) return call();
  return traceClientCall('firestore', ATTRIBUTES, call, codeOf);
}

/** Says of the call under way that it is a transaction. */
export function nameTransaction(): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording())
    span.updateName('firestore transaction').setAttribute('db.operation.name', 'transaction');
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' || typeof code === 'string' ? String(code) : '_OTHER';
}
