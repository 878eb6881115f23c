import { CircuitBreaker } from './circuit-breaker.ts';

/** Counts of one deployment's tasks. */
export interface DeploymentCounts {
  running: number;
  pending: number;
  /** Also those that are being stopped. */
  alive: number;
  healthy: number;
}

export interface DeploymentView {
  id: string;
  taskDefinition: string;
  rolloutState: string;
}

export type RolloutStep =
  | { kind: 'none' }
  | { kind: 'completed' }
  /** Failed; with a deployment to go back to, where rolling back is on and one was completed. */
  | { kind: 'failed'; rollBackTo?: DeploymentView };

/**
 * How far the deployments of a service are. A deployment is completed when as many of its tasks as desired are healthy and
 * no task of another deployment is left; it fails when too many of its tasks failed one after the other, and then the last
 * completed one becomes the wanted one again.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html (rolloutState)
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 */
export class Rollout {
  readonly #breakers = new Map<string, CircuitBreaker>();
  #lastCompleted: DeploymentView | undefined;

  breaker(deploymentId: string): CircuitBreaker {
    const known = this.#breakers.get(deploymentId) ?? new CircuitBreaker();
    this.#breakers.set(deploymentId, known);
    return known;
  }

  next(
    primary: DeploymentView,
    desired: number,
    counts: DeploymentCounts,
    othersAlive: number,
    circuitBreaker: { enable: boolean; rollback: boolean },
  ): RolloutStep {
    if (primary.rolloutState === 'COMPLETED') this.#lastCompleted = primary;
    if (primary.rolloutState !== 'IN_PROGRESS') return { kind: 'none' };
    if (counts.healthy >= desired && counts.alive === desired && othersAlive === 0) {
      this.#lastCompleted = primary;
      return { kind: 'completed' };
    }
    if (!circuitBreaker.enable || !this.breaker(primary.id).isOpen(desired)) return { kind: 'none' };
    const back = this.#lastCompleted;
    const canGoBack = circuitBreaker.rollback && back !== undefined && back.id !== primary.id;
    if (canGoBack) {
      // Under way again, so it is nothing to go back to until it is completed once more.
      this.#lastCompleted = undefined;
      this.#breakers.delete(back.id);
    }
    return { kind: 'failed', ...(canGoBack ? { rollBackTo: back } : {}) };
  }
}
