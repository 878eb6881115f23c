import { SpanStatusCode, trace } from '@opentelemetry/api';
import { inTraceOf, TRACER } from '../observability/trace-context.ts';
import type { LiveRun } from './live-run.ts';

/**
 * Executes a run as a span of the trace of the request that began it. The response of that request may have ended, the
 * run may have waited in the queue, or its first process may be dead: then the span continues the dead one's trace.
 */
export async function traceRun<T>(run: LiveRun, work: () => Promise<T>): Promise<T> {
  return inTraceOf(run.request.traceparent, () =>
    trace.getTracer(TRACER).startActiveSpan('run', async (span) => {
      const { id, record, invocationId } = run;
      span.setAttributes({
        'gen_ai.conversation.id': record.session.sessionId,
        'lornu.run.id': id,
        'lornu.run.takeovers': record.takeovers,
        'gcp.vertex.agent.invocation_id': invocationId,
      });
      try {
        return await work();
      } finally {
        span.setAttribute('lornu.run.state', run.hasEndedHere ? run.state : 'moved');
        if (run.state === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    }),
  );
}
