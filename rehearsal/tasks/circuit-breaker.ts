const LEAST_FAILURES = 3;
const MOST_FAILURES = 200;

/**
 * The number of consecutive task failures after which a deployment counts as failed: half the desired count, rounded
 * up, between 3 and 200. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
export function failureThreshold(desired: number): number {
  return Math.min(MOST_FAILURES, Math.max(LEAST_FAILURES, Math.ceil(desired / 2)));
}

/** Consecutive failures of one deployment: a task that becomes healthy resets the count. */
export class DeploymentCircuitBreaker {
  failures = 0;

  /** A task stopped before it ran, or was replaced because its checks failed. */
  taskFailed(): void {
    this.failures += 1;
  }

  taskHealthy(): void {
    this.failures = 0;
  }

  isOpen(desired: number): boolean {
    return this.failures >= failureThreshold(desired);
  }
}
