/** A registered target as the load balancer sees it. */
export interface SeenTarget {
  id: string;
  state: string;
}

/**
 * Counts unhealthy targets as AWS would: one that has never been healthy is no sooner unhealthy than so many failed checks
 * take there, for the start of a task takes as long here although checks come more often.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html (initial, unhealthy)
 */
export class UnhealthyTargets {
  /** Since when each is known; those that were healthy once since ever. */
  readonly #since = new Map<string, number>();
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** One look at all targets of a group. */
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
