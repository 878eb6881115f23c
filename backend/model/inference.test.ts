import { MODEL } from '@lornu/agents/model.ts';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeEach, expect, test } from 'bun:test';
import type { InferenceOutcome } from '../observability/metrics.ts';
import { Inference } from './inference.ts';
import { ModelError } from './model-error.ts';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
afterAll(() => trace.disable());

let outcomes: InferenceOutcome[];
beforeEach(() => {
  outcomes = [];
  exporter.reset();
});
const begin = (stream = true) =>
  new Inference(
    {
      backend: { kind: 'vertex', project: 'p', location: 'europe-west1', accessToken: async () => '' },
      onInference: (outcome) => outcomes.push(outcome),
    },
    MODEL,
    stream,
  );

test('usage counts thoughts as output and tells modalities apart', () => {
  const inference = begin();
  inference.chunk();
  inference.answered({
    modelVersion: `${MODEL}-001`,
    finishReason: 'STOP',
    usageMetadata: {
      promptTokenCount: 300,
      promptTokensDetails: [
        { modality: 'TEXT' as never, tokenCount: 40 },
        { modality: 'IMAGE' as never, tokenCount: 258 },
      ],
      candidatesTokenCount: 20,
      thoughtsTokenCount: 5,
      cachedContentTokenCount: 7,
    },
  });
  inference.end();
  expect(outcomes).toMatchObject([
    { input: { text: 40, image: 258, unknown: 2 }, output: { unknown: 25 }, errorType: undefined },
  ]);
  expect(outcomes[0]?.firstChunkSeconds).toBeLessThanOrEqual(outcomes[0]?.seconds ?? 0);
  const [span] = exporter.getFinishedSpans();
  expect(span?.name).toBe(`generate_content ${MODEL}`);
  expect(span?.attributes).toMatchObject({
    'gen_ai.provider.name': 'gcp.vertex_ai',
    'gen_ai.response.model': `${MODEL}-001`,
    'gen_ai.usage.input_tokens': 300,
    'gen_ai.usage.output_tokens': 25,
    'gen_ai.usage.reasoning.output_tokens': 5,
    'gen_ai.usage.cache_read.input_tokens': 7,
    'server.address': 'europe-west1-aiplatform.googleapis.com',
    'server.port': 443,
  });
});

test("a failure is recorded by its code, never with the model's sentence", () => {
  const inference = begin(false);
  inference.failed(new ModelError('RESOURCE_EXHAUSTED', 'my-private-words are too many', { status: 429 }));
  inference.end();
  const [span] = exporter.getFinishedSpans();
  expect(span?.attributes).toMatchObject({ 'error.type': 'RESOURCE_EXHAUSTED' });
  expect(span?.attributes).not.toHaveProperty(['gen_ai.request.stream']);
  expect(span?.status).toEqual({ code: 2 });
  expect(span?.events).toEqual([]);
  // Nothing was received, which counts as no tokens.
  expect(outcomes).toMatchObject([
    {
      input: { unknown: 0 },
      output: { unknown: 0 },
      firstChunkSeconds: undefined,
      errorType: 'RESOURCE_EXHAUSTED',
    },
  ]);
});
