/** The number of tasks in a row that may fail to start before the next one has to wait. */
const FREE_FAILURES = 3;
const FIRST_WAIT_S = 10;
const LONGEST_WAIT_S = 27 * 60;

/**
 * When the next task may be started: a service whose tasks repeatedly fail to start waits longer each time, up to 27
 * minutes, until one becomes healthy.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
 */
export class StartThrottle {
  #failures = 0;
  #nextMs = 0;
  /** Milliseconds of a wait of so many seconds. */
  readonly #wait: (seconds: number) => number;

  constructor(wait: (seconds: number) => number) {
    this.#wait = wait;
  }

  /** Counts a failure; returns whether the service must wait now and did not before. */
  failed(nowMs: number): boolean {
    this.#failures += 1;
    const beyond = this.#failures - FREE_FAILURES;
    if (beyond <= 0) return false;
    this.#nextMs = nowMs + this.#wait(Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (beyond - 1)));
    return beyond === 1;
  }

  /** A task got healthy, or the service's task definition changed. */
  reset(): void {
    this.#failures = 0;
    this.#nextMs = 0;
  }

  mayStart(nowMs: number): boolean {
    return nowMs >= this.#nextMs;
  }
}
