/** The two rates that a sequential test distinguishes, and its allowed error rates. */
export interface SequentialOptions {
  /** The share of trials that the accepted agents pass; above `worseBy`, below 1. */
  rate: number;
  /** The drop of the rate that the test must detect, such as 0.1 for ten points. */
  worseBy: number;
  /** The highest share of candidates with the accepted rate that are called worse (false alarms). */
  alpha: number;
  /** The highest share of candidates with a rate lower by `worseBy` that are called as good (misses). */
  beta: number;
}

export type Decision = 'as good' | 'worse';

/**
 * Wald's sequential probability ratio test of passes and failures: is the rate still `rate`, or `rate - worseBy`? The
 * bounds are 1/alpha and beta: with them each error rate holds as stated, no matter after which trial the test stops
 * (Ville's inequality). Wald's own, closer bounds only hold for the sum of the two.
 */
export class SequentialTest {
  /** Trials counted until the decision. */
  trials = 0;
  passed = 0;
  decision: Decision | undefined;
  readonly #onPass: number;
  readonly #onFailure: number;
  readonly #worse: number;
  readonly #asGood: number;
  #evidence = 0;

  constructor({ rate, worseBy, alpha, beta }: SequentialOptions) {
    const lower = rate - worseBy;
    if (!(lower > 0 && worseBy > 0 && rate < 1)) throw new RangeError('rate must be between worseBy and 1');
    this.#onPass = Math.log(lower / rate);
    this.#onFailure = Math.log((1 - lower) / (1 - rate));
    this.#worse = -Math.log(alpha);
    this.#asGood = Math.log(beta);
  }

  /** Counts a trial. Ignores trials after the decision. */
  add(hasPassed: boolean): void {
    if (this.decision) return;
    this.trials++;
    if (hasPassed) this.passed++;
    this.#evidence += hasPassed ? this.#onPass : this.#onFailure;
    if (this.#evidence >= this.#worse) this.decision = 'worse';
    else if (this.#evidence <= this.#asGood) this.decision = 'as good';
  }

  /** The approximate number of trials until the decision, for each of the two rates. */
  static expectedTrials({ rate, worseBy, alpha, beta }: SequentialOptions): Record<Decision, number> {
    const lower = rate - worseBy;
    const information = (one: number, other: number): number =>
      one * Math.log(one / other) + (1 - one) * Math.log((1 - one) / (1 - other));
    return {
      'as good': Math.ceil(-Math.log(beta) / information(rate, lower)),
      worse: Math.ceil(-Math.log(alpha) / information(lower, rate)),
    };
  }
}

/** The 95 % interval of a measured rate (Wilson's). */
export function rateInterval(passed: number, trials: number): { low: number; high: number } {
  const z = 1.96;
  const share = passed / trials;
  const middle = share + z ** 2 / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const whole = 1 + z ** 2 / trials;
  return { low: (middle - half) / whole, high: (middle + half) / whole };
}
