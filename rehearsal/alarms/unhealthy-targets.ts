/** A registered target, as the load balancer sees it. */
export interface SeenTarget {
  id: string;
  state: string;
}

/**
 * Counts unhealthy targets as AWS would. Checks come more often here, but a task's start takes as long as on AWS; so a
 * target that was never healthy only counts after the time that its failed checks would take on AWS.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html (initial,
 * unhealthy)
 */
export class UnhealthyTargets {
  /** Since when each target is known; for those that were once healthy, from the beginning. */
  readonly #since = new Map<string, number>();
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** Counts the unhealthy ones among all targets of a group. */
  count(targets: readonly SeenTarget[], nowMs: number): number {
    const ids = new Set(targets.map(({ id }) => id));
    for (const id of this.#since.keys()) if (!ids.has(id)) this.#since.delete(id);
    for (const { id, state } of targets) {
      if (state === 'healthy') this.#since.set(id, Number.NEGATIVE_INFINITY);
      else if (!this.#since.has(id)) this.#since.set(id, nowMs);
    }
    return targets.filter(
      ({ id, state }) => state === 'unhealthy' && nowMs - (this.#since.get(id) ?? nowMs) >= this.#startMs,
    ).length;
  }
}
