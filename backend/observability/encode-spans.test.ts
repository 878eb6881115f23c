import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { expect, test } from 'bun:test';
import { readSpans } from '../../standins/google/cloud-trace.ts';
import { encodeSpans } from './encode-spans.ts';

test('spans are encoded as OTLP defines them: both scopes, every kind of value, events and errors', () => {
  const spans: ReadableSpan[] = [];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'lornu-agent', 'gcp.project_id': 'p' }),
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => void spans.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const startTime = new Date('2026-11-30T08:00:00.125Z');
  const endTime = new Date('2026-11-30T08:00:02.5Z');
  const parent = provider.getTracer('lornu').startSpan('POST /run_sse', { kind: SpanKind.SERVER, startTime });
  const child = provider
    .getTracer('gcp.vertex.agent', '2.0.0')
    .startSpan('call_llm', { startTime }, trace.setSpan(ROOT_CONTEXT, parent));
  child.setAttributes({
    text: 'Grüße, 你好 👋',
    long: 'x'.repeat(300),
    empty: '',
    whole: 20,
    large: 2 ** 40,
    negative: -7,
    fraction: 0.125,
    yes: true,
    no: false,
    list: ['stop', 'length'],
    numbers: [1, 2.5],
  });
  child.addEvent('first chunk', { index: 1 }, endTime);
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'quotes a conversation' }).end(endTime);
  parent.end(endTime);
  const [call, request] = readSpans(encodeSpans(spans), endTime.getTime());
  expect(call).toEqual({
    traceId: request?.traceId ?? '',
    spanId: child.spanContext().spanId,
    parentSpanId: request?.spanId ?? '',
    name: 'call_llm',
    kind: 'internal',
    startMs: startTime.getTime(),
    endMs: endTime.getTime(),
    attributes: { ...spans[0]?.attributes } as never,
    events: [{ name: 'first chunk', attributes: { index: 1 } }],
    isError: true,
    resource: { 'service.name': 'lornu-agent', 'gcp.project_id': 'p' },
  });
  expect(request).toMatchObject({ name: 'POST /run_sse', kind: 'server', parentSpanId: '', isError: false });
});
