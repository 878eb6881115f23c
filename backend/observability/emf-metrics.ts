import type { Metrics, ShadowOutcome } from './metrics.ts';

/** CloudWatch namespace of all metrics. */
const EMF_NAMESPACE = 'Lornu/Agent';

/** CloudWatch's limit of values per metric in one line. */
const MAX_VALUES = 100;

/** CloudWatch has no unit of money. */
const UNITS: Record<string, string> = { TimeToFirstToken: 'Milliseconds', ModelCost: 'None' };

/** Only the first two outcomes are comparisons. The others have no result. */
const SHADOW_METRICS = { ShadowTurns: 0, ShadowChanged: 0, ShadowFailed: 0, ShadowDropped: 0 };
const SHADOW_METRIC_OF: Record<ShadowOutcome, (keyof typeof SHADOW_METRICS)[]> = {
  same: ['ShadowTurns'],
  harmless: ['ShadowTurns'],
  changed: ['ShadowTurns', 'ShadowChanged'],
  failed: ['ShadowFailed'],
  dropped: ['ShadowDropped'],
  skipped: ['ShadowDropped'],
};

export interface EmfMetricsOptions {
  environment: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Writes one line, newline included. */
  write: (line: string) => void;
}

/**
 * Writes metrics as CloudWatch embedded-metric log lines, collected between two calls of `flush`: ActiveStreams is the
 * maximum since the last line, the others count what happened since.
 */
export class EmfMetrics implements Metrics {
  readonly #options: EmfMetricsOptions;
  #active = 0;
  #highest = 0;
  #turns = 0;
  #turnErrors = 0;
  #tokens = 0;
  #costUsd = 0;
  #firstTokenMs: number[] = [];
  /** Undefined until a turn is chosen for a shadow candidate. Until then, no line contains these metrics. */
  #shadow: Record<keyof typeof SHADOW_METRICS, number> | undefined;

  constructor(options: EmfMetricsOptions) {
    this.#options = options;
  }

  streams(change: 1 | -1): void {
    this.#active += change;
    this.#highest = Math.max(this.#highest, this.#active);
  }

  turn({ failed }: { failed: boolean }): void {
    this.#turns++;
    if (failed) this.#turnErrors++;
  }

  timeToFirstToken(ms: number): void {
    // Keep as many samples as a line takes; drop later ones of the interval.
    if (this.#firstTokenMs.length < MAX_VALUES) this.#firstTokenMs.push(Math.round(ms * 10) / 10);
  }

  /** Only OpenTelemetry has them: each metric costs 0.30 US dollars a month at CloudWatch. */
  inference(): void {}

  tokens({ input, output, costUsd }: { input: number; output: number; costUsd: number }): void {
    this.#tokens += input + output;
    this.#costUsd += costUsd;
  }

  /**
   * Written at once, because an alarm waits for it, and in a separate line, because more lines with ActiveStreams would
   * raise its sum.
   */
  fault(): void {
    this.#writeLine({ Faults: 1 });
  }

  shadow(outcome: ShadowOutcome): void {
    this.#shadow ??= { ...SHADOW_METRICS };
    for (const name of SHADOW_METRIC_OF[outcome]) this.#shadow[name]++;
  }

  /** Written at once, like a fault. */
  lostTurn(): void {
    this.#writeLine({ LostTurns: 1 });
  }

  /** Writes one line. It always has ActiveStreams, so that alarms and scaling rules see zero as zero. */
  flush(): void {
    this.#writeLine({
      ActiveStreams: this.#highest,
      Turns: this.#turns,
      TurnErrors: this.#turnErrors,
      Tokens: this.#tokens,
      ModelCost: Number(this.#costUsd.toFixed(6)),
      ...this.#shadow,
      ...(this.#firstTokenMs.length > 0 ? { TimeToFirstToken: this.#firstTokenMs } : {}),
    });
    this.#highest = this.#active;
    this.#turns = this.#turnErrors = this.#tokens = this.#costUsd = 0;
    this.#firstTokenMs = [];
    if (this.#shadow) this.#shadow = { ...SHADOW_METRICS };
  }

  #writeLine(values: Record<string, number | number[]>): void {
    const { environment, now, write } = this.#options;
    const metrics = Object.keys(values).map((name) => ({
      Name: name,
      Unit: UNITS[name] ?? 'Count',
    }));
    const directive = { Namespace: EMF_NAMESPACE, Dimensions: [['Environment']], Metrics: metrics };
    const line = {
      _aws: { Timestamp: Math.round(now()), CloudWatchMetrics: [directive] },
      Environment: environment,
      ...values,
    };
    write(`${JSON.stringify(line)}\n`);
  }
}
