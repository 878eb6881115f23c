import { metrics, type Counter, type Histogram, type UpDownCounter } from '@opentelemetry/api';
import type { InferenceOutcome, Metrics, ShadowOutcome, TokensByModality } from './metrics.ts';

/** The bucket boundaries that the conventions name, in seconds. */
const DURATIONS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST_CHUNKS = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * The same metrics and those of model calls, under the names of version 0.1.0 of OpenTelemetry's conventions for
 * generative AI, in seconds as they require.
 */
export class OtelMetrics implements Metrics {
  readonly #streams: UpDownCounter;
  readonly #turns: Histogram;
  readonly #firstFrame: Histogram;
  readonly #inferences: Histogram;
  readonly #firstChunk: Histogram;
  readonly #inputTokens: Counter;
  readonly #outputTokens: Counter;
  readonly #cost: Counter;
  readonly #faults: Counter;
  readonly #lostTurns: Counter;
  readonly #shadow: Counter;

  constructor() {
    const meter = metrics.getMeter('lornu');
    const histogram = (name: string, explicitBucketBoundaries: number[]) =>
      meter.createHistogram(name, { unit: 's', advice: { explicitBucketBoundaries } });
    const tokens = { unit: '{token}' };
    this.#streams = meter.createUpDownCounter('lornu.streams.active', { unit: '{stream}' });
    this.#turns = histogram('gen_ai.invoke_agent.duration', DURATIONS);
    this.#firstFrame = histogram('lornu.turn.time_to_first_frame', FIRST_CHUNKS);
    this.#inferences = histogram('gen_ai.client.inference.duration', DURATIONS);
    this.#firstChunk = histogram('gen_ai.client.inference.time_to_first_chunk', FIRST_CHUNKS);
    this.#inputTokens = meter.createCounter('gen_ai.client.inference.usage.input_tokens', tokens);
    this.#outputTokens = meter.createCounter('gen_ai.client.inference.usage.output_tokens', tokens);
    this.#cost = meter.createCounter('lornu.model.cost', { unit: 'USD' });
    this.#faults = meter.createCounter('lornu.faults', { unit: '{fault}' });
    this.#shadow = meter.createCounter('lornu.shadow.turns', { unit: '{turn}' });
    this.#lostTurns = meter.createCounter('lornu.turns.lost', { unit: '{turn}' });
  }

  shadow(outcome: ShadowOutcome): void {
    this.#shadow.add(1, { 'lornu.shadow.outcome': outcome });
  }

  lostTurn(): void {
    this.#lostTurns.add(1);
  }

  fault(): void {
    this.#faults.add(1);
  }

  streams(change: 1 | -1): void {
    this.#streams.add(change);
  }

  turn({ failed, durationMs }: { failed: boolean; durationMs: number }): void {
    this.#turns.record(durationMs / 1000, {
      'gen_ai.operation.name': 'invoke_agent',
      ...(failed ? { 'error.type': 'turn_failed' } : {}),
    });
  }

  timeToFirstToken(ms: number): void {
    this.#firstFrame.record(ms / 1000);
  }

  inference({ attributes, seconds, firstChunkSeconds, errorType, input, output }: InferenceOutcome): void {
    this.#inferences.record(seconds, { ...attributes, ...(errorType ? { 'error.type': errorType } : {}) });
    if (firstChunkSeconds !== undefined) this.#firstChunk.record(firstChunkSeconds, attributes);
    const add = (counter: Counter, tokens: TokensByModality): void => {
      for (const [modality, count] of Object.entries(tokens))
        counter.add(count, { ...attributes, 'gen_ai.token.modality': modality });
    };
    add(this.#inputTokens, input);
    add(this.#outputTokens, output);
  }

  tokens({ costUsd }: { costUsd: number }): void {
    this.#cost.add(costUsd);
  }
}
