import { SpanKind } from '@opentelemetry/api';
import { NodeTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { CloudTrace } from '../../standins/google/cloud-trace.ts';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { CloudTraceExporter } from './cloud-trace-exporter.ts';

const SCOPE = 'https://www.googleapis.com/auth/trace.append';
let received: CloudTrace;
let token: string | undefined;
let status: number | undefined;
let provider: NodeTracerProvider;
let results: { code: number; error?: Error }[];

beforeEach(() => {
  [token, status, results] = ['good', undefined, []];
  received = new CloudTrace({
    describeToken: (given) =>
      given === 'good'
        ? { principal: 'x', kind: 'service-account', scopes: [SCOPE], expiresAtMs: Number.POSITIVE_INFINITY }
        : undefined,
  });
  const exporter = new CloudTraceExporter({
    url: 'https://telemetry.example',
    token: async () => token,
    fetch: (async (url: string, init: RequestInit) =>
      status === undefined
        ? received
            .receive(new Request(url, init))
            .catch((error: { status: number }) => new Response('', error))
        : new Response('', { status })) as typeof fetch,
  });
  const send = exporter.export.bind(exporter);
  exporter.export = (spans: ReadableSpan[], done) =>
    send(spans, (result) => {
      results.push(result);
      done(result);
    });
  provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'lornu-agent', 'gcp.project_id': 'p' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
});
afterEach(() => provider.shutdown());

const end = async (): Promise<void> => {
  provider
    .getTracer('t')
    .startSpan('a name', { kind: SpanKind.CLIENT, attributes: { 'gen_ai.x': 7 } })
    .end();
  await provider.forceFlush().catch(() => undefined);
};

test('spans arrive as Cloud Trace requires them', async () => {
  await end();
  expect(received.spans).toMatchObject([
    { name: 'a name', kind: 'client', parentSpanId: '', attributes: { 'gen_ai.x': 7 }, isError: false },
  ]);
  expect(results).toEqual([{ code: 0 }]);
});

test.each([
  ['another token', { token: 'bad' }, 401],
  ['no token', { token: undefined }, 401],
  ['an outage', { token: 'good', status: 503 }, 503],
])('after %s the spans are lost, and nothing fails', async (_what, world, expected) => {
  ({ token, status } = { status: undefined, ...world });
  await end();
  expect(received.spans).toEqual([]);
  expect(results).toMatchObject([
    { code: 1, error: { message: `Cloud Trace refused 1 spans: it answered ${expected}.` } },
  ]);
});
