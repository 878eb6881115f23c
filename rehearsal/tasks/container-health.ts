/** The health check of a container, times in seconds; AWS's defaults are filled in by readTaskDefinition. */
export interface HealthCheck {
  /** Without its first word, which says how to run it. */
  command: string[];
  shell: boolean;
  intervalS: number;
  timeoutS: number;
  retries: number;
  startPeriodS: number;
}

export type HealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/**
 * The health status from the checks so far. One passed check makes it healthy; `retries` failed ones in a row make it
 * unhealthy, not counting those within the start period.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
 */
export class ContainerHealth {
  status: HealthStatus = 'UNKNOWN';
  #failures = 0;
  readonly #retries: number;
  /** Until then a failed check does not count. */
  readonly #graceEndsMs: number;

  constructor(check: Pick<HealthCheck, 'retries'>, graceEndsMs: number) {
    this.#retries = check.retries;
    this.#graceEndsMs = graceEndsMs;
  }

  /** Adds a result; returns whether the status changed. */
  take(passed: boolean, nowMs: number): boolean {
    const before = this.status;
    if (passed) {
      this.#failures = 0;
      this.status = 'HEALTHY';
    } else if (before === 'HEALTHY' || nowMs >= this.#graceEndsMs) {
      this.#failures += 1;
      if (this.#failures >= this.#retries) this.status = 'UNHEALTHY';
    }
    return this.status !== before;
  }
}
