/** What a sequential test decides between, and how often it may be wrong. */
export interface SequentialOptions {
  /** Share of trials that pass with what was accepted; above `worseBy`, below 1. */
  rate: number;
  /** A candidate whose rate is lower by this much has to be found, such as 0.1 for ten points. */
  worseBy: number;
  /** Most often that a candidate with the accepted rate is called worse. */
  alpha: number;
  /** Most often that a candidate that is lower by `worseBy` is called as good. */
  beta: number;
}

export type Decision = 'as good' | 'worse';

/**
 * Wald's sequential probability ratio test of passes and failures: is the rate still `rate`, or `rate - worseBy`? The
 * bounds are 1/alpha and beta: with them the error rates hold exactly as stated, at whatever trial one looks (Ville's
 * inequality); Wald's own closer bounds only hold for their sum.
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
    if (!(lower > 0 && worseBy > 0 && rate < 1)) throw new RangeError('rate must lie between worseBy and 1');
    this.#onPass = Math.log(lower / rate);
    this.#onFailure = Math.log((1 - lower) / (1 - rate));
    this.#worse = -Math.log(alpha);
    this.#asGood = Math.log(beta);
  }

  /** Counts a trial; nothing is counted after the decision. */
  add(hasPassed: boolean): void {
    if (this.decision) return;
    this.trials++;
    if (hasPassed) this.passed++;
    this.#evidence += hasPassed ? this.#onPass : this.#onFailure;
    if (this.#evidence >= this.#worse) this.decision = 'worse';
    else if (this.#evidence <= this.#asGood) this.decision = 'as good';
  }

  /** About how many trials the decision takes at each of the two rates. */
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
