import type { ReceivedSpan } from '@lornu/standins/google/cloud-trace.ts';
import type { Part } from '../../frontend/src/api/types.ts';
import { startTurn } from '../../frontend/src/api/run.ts';
import { until } from '../support/until.ts';

/** The id that the load balancer adds to a request, in AWS's form. */
export const BALANCER_ID = 'Root=1-67891233-abcdef012345678912345678';
const WITHIN_MS = 50_000;

/** A click on "Send": the page's own code, served at `url` behind a load balancer. */
export async function clickSend(url: string, sessionId: string, parts: Part[]): Promise<Response> {
  const network = globalThis.fetch;
  globalThis.fetch = (async (path: string, init: RequestInit) => {
    const headers = { ...(init.headers as Record<string, string>), 'x-amzn-trace-id': BALANCER_ID };
    return network(url + path, { ...init, headers });
  }) as typeof fetch;
  try {
    const owner = { appName: 'lornu', userId: 'ann' };
    return await startTurn({ owner, sessionId }, parts, AbortSignal.timeout(WITHIN_MS));
  } finally {
    globalThis.fetch = network;
  }
}

/** The trace in which a conversation's run has ended, and the span of the request that began it. */
export async function traceOf(
  received: readonly ReceivedSpan[],
  sessionId: string,
): Promise<{ spans: ReceivedSpan[]; request: ReceivedSpan }> {
  const run = await until(
    () =>
      received.find(
        ({ name, attributes }) =>
          name === 'run' &&
          attributes['gen_ai.conversation.id'] === sessionId &&
          attributes['lornu.run.state'] === 'completed',
      ),
    { withinMs: WITHIN_MS, what: `The span of the run in ${sessionId}` },
  );
  const spans = received.filter(({ traceId }) => traceId === run.traceId);
  const request = spans.find(({ name }) => name === 'POST /run_sse');
  if (!request) throw new Error('The request has no span in this trace.');
  return { spans, request };
}

/** The spans that are not below this one, by their parents. */
export function outside(spans: readonly ReceivedSpan[], top: ReceivedSpan): ReceivedSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const isBelow = (span: ReceivedSpan | undefined): boolean =>
    span !== undefined && (span === top || isBelow(byId.get(span.parentSpanId)));
  return spans.filter((span) => !isBelow(span));
}
