import type { Metrics } from './metrics.ts';

/** CloudWatch namespace of all metrics. */
const EMF_NAMESPACE = 'Lornu/Agent';

/** Most values that CloudWatch takes in one line for one metric. */
const MAX_VALUES = 100;

export interface EmfMetricsOptions {
  environment: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Takes one line with its end. */
  write: (line: string) => void;
}

/**
 * Metrics as CloudWatch embedded-metric log lines, gathered between two calls of `flush`:
 * ActiveStreams is the highest number since the last line, the others are what happened since.
 */
export class EmfMetrics implements Metrics {
  readonly #options: EmfMetricsOptions;
  #active = 0;
  #highest = 0;
  #turns = 0;
  #turnErrors = 0;
  #tokens = 0;
  #firstTokenMs: number[] = [];

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
    // Beyond what a line takes the sample is full: later ones of the same interval are left out.
    if (this.#firstTokenMs.length < MAX_VALUES) this.#firstTokenMs.push(Math.round(ms * 10) / 10);
  }

  tokens({ input, output }: { input: number; output: number }): void {
    this.#tokens += input + output;
  }

  /** Written at once, in a line of its own: an alarm waits for it, and more lines with ActiveStreams would raise their sum. */
  fault(): void {
    this.#writeLine({ Faults: 1 });
  }

  /** Writes one line; ActiveStreams is always in it, so that an alarm or a scaling rule sees zero as zero. */
  flush(): void {
    this.#writeLine({
      ActiveStreams: this.#highest,
      Turns: this.#turns,
      TurnErrors: this.#turnErrors,
      Tokens: this.#tokens,
      ...(this.#firstTokenMs.length > 0 ? { TimeToFirstToken: this.#firstTokenMs } : {}),
    });
    this.#highest = this.#active;
    this.#turns = this.#turnErrors = this.#tokens = 0;
    this.#firstTokenMs = [];
  }

  #writeLine(values: Record<string, number | number[]>): void {
    const { environment, now, write } = this.#options;
    const metrics = Object.keys(values).map((name) => ({
      Name: name,
      Unit: name === 'TimeToFirstToken' ? 'Milliseconds' : 'Count',
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
