import type { Attributes } from '@opentelemetry/api';

/** The outcome of a turn for a shadow candidate: compared, or the reason why not. */
export type ShadowOutcome = 'same' | 'harmless' | 'changed' | 'failed' | 'dropped' | 'skipped';

/** Tokens by the modalities of OpenTelemetry's conventions. */
export type TokensByModality = Partial<Record<'text' | 'image' | 'audio' | 'unknown', number>>;

/** One answer of the model. */
export interface InferenceOutcome {
  /** Under the conventions' names: operation, provider, models, address. */
  attributes: Attributes;
  /** From the request to the end of the answer, with all attempts. */
  seconds: number;
  /** Undefined without streaming, or if none arrived. */
  firstChunkSeconds: number | undefined;
  errorType: string | undefined;
  input: TokensByModality;
  output: TokensByModality;
}

/** What the service counts; names and units are in docs/metrics.md. */
export interface Metrics {
  /** A stream to a client begins (+1) or ends (-1). */
  streams(change: 1 | -1): void;
  /** A turn has ended. */
  turn(outcome: { failed: boolean; durationMs: number }): void;
  /** From the request to the first frame of its answer. */
  timeToFirstToken(ms: number): void;
  /** An answer of the model has ended, complete or not. */
  inference(outcome: InferenceOutcome): void;
  /** `costUsd`: US dollars, without models that have no price. */
  tokens(use: { input: number; output: number; costUsd: number }): void;
  /**
   * A failure for which we are responsible, met by an authenticated caller: a bug of the service or of an agent's code.
   * Never invalid input, a refusal by the model, or an outage of a store or issuer. Enough faults roll a deployment
   * back, so unauthenticated callers must not be able to cause one
   * (docs/decisions/0151-a-rollback-counts-our-own-faults.md).
   */
  fault(): void;
  /** Counts a turn that was chosen for a shadow candidate, by its outcome. */
  shadow(outcome: ShadowOutcome): void;
  /** An accepted turn that no process could continue, so it ended as interrupted. */
  lostTurn(): void;
}

/** Forwards every call to all of them. */
export function combineMetrics(all: readonly Metrics[]): Metrics {
  return {
    streams: (change) => all.forEach((one) => one.streams(change)),
    turn: (outcome) => all.forEach((one) => one.turn(outcome)),
    timeToFirstToken: (ms) => all.forEach((one) => one.timeToFirstToken(ms)),
    inference: (outcome) => all.forEach((one) => one.inference(outcome)),
    tokens: (use) => all.forEach((one) => one.tokens(use)),
    fault: () => all.forEach((one) => one.fault()),
    shadow: (outcome) => all.forEach((one) => one.shadow(outcome)),
    lostTurn: () => all.forEach((one) => one.lostTurn()),
  };
}
