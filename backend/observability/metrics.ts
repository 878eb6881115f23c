/** What is counted; names and units are in docs/metrics.md. */
export interface Metrics {
  /** A stream to a client begins (+1) or ends (-1). */
  streams(change: 1 | -1): void;
  /** A turn has ended. */
  turn(outcome: { failed: boolean; durationMs: number }): void;
  /** From the request to the first frame of its answer. */
  timeToFirstToken(ms: number): void;
  tokens(use: { input: number; output: number }): void;
  /**
   * A failure that is ours to mend, met by a caller who showed who it is: a bug of the service or of an agent's code. Never
   * what a caller sent, a model refused, or a store or an issuer did not answer. Enough of them roll a deployment back, so
   * nobody without evidence may cause one (docs/decisions/0151-a-rollback-counts-our-own-faults.md).
   */
  fault(): void;
}

/** Every call goes to all of them. */
export function combineMetrics(all: readonly Metrics[]): Metrics {
  return {
    streams: (change) => all.forEach((one) => one.streams(change)),
    turn: (outcome) => all.forEach((one) => one.turn(outcome)),
    timeToFirstToken: (ms) => all.forEach((one) => one.timeToFirstToken(ms)),
    tokens: (use) => all.forEach((one) => one.tokens(use)),
    fault: () => all.forEach((one) => one.fault()),
  };
}
