import { metrics, type Counter, type Histogram, type UpDownCounter } from '@opentelemetry/api';
import type { Metrics, ShadowOutcome } from './metrics.ts';

/** The same metrics under the names of OpenTelemetry's conventions for generative AI, in seconds as they require. */
export class OtelMetrics implements Metrics {
  readonly #streams: UpDownCounter;
  readonly #duration: Histogram;
  readonly #firstToken: Histogram;
  readonly #tokens: Counter;
  readonly #cost: Counter;
  readonly #faults: Counter;
  readonly #lostTurns: Counter;
  readonly #shadow: Counter;

  constructor() {
    const meter = metrics.getMeter('lornu');
    this.#streams = meter.createUpDownCounter('lornu.streams.active', { unit: '{stream}' });
    this.#duration = meter.createHistogram('gen_ai.server.request.duration', { unit: 's' });
    this.#firstToken = meter.createHistogram('gen_ai.server.time_to_first_token', { unit: 's' });
    this.#tokens = meter.createCounter('gen_ai.client.token.usage', { unit: '{token}' });
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
    this.#duration.record(durationMs / 1000, failed ? { 'error.type': 'turn_failed' } : {});
  }

  timeToFirstToken(ms: number): void {
    this.#firstToken.record(ms / 1000);
  }

  tokens({ input, output, costUsd }: { input: number; output: number; costUsd: number }): void {
    this.#cost.add(costUsd);
    this.#tokens.add(input, { 'gen_ai.token.type': 'input' });
    this.#tokens.add(output, { 'gen_ai.token.type': 'output' });
  }
}
