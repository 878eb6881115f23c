import { DeploymentCircuitBreaker } from './circuit-breaker.ts';
import type { AlarmVerdict } from './deployment-alarms.ts';

/** Counts of one deployment's tasks. */
export interface DeploymentCounts {
  running: number;
  pending: number;
  /** Including those that are being stopped. */
  alive: number;
  healthy: number;
}

export interface DeploymentView {
  id: string;
  taskDefinition: string;
  rolloutState: string;
}

/** One of the service's ways to detect a failed deployment. */
interface Detection {
  enable: boolean;
  rollback: boolean;
}

/** The input for judging a deployment at one poll. */
export interface RolloutLook {
  desired: number;
  counts: DeploymentCounts;
  /** Tasks of other deployments, including those that are being stopped. */
  othersAlive: number;
  circuitBreaker: Detection;
  /** With the state of the alarms; undefined if the service has none. */
  alarms?: (Detection & AlarmVerdict) | undefined;
  nowMs: number;
}

export type RolloutStep =
  | { kind: 'none' }
  | { kind: 'completed' }
  /** Failed; with the deployment to return to, if rolling back is on and one was completed. */
  | { kind: 'failed'; by: 'circuit breaker' | 'alarms'; rollBackTo?: DeploymentView };

/**
 * The progress of a service's deployments. A deployment is completed when as many of its tasks as desired are healthy,
 * no task of another deployment is left, and its alarms were quiet for the bake time. It fails when too many of its
 * tasks failed in a row, or one of its alarms fires; then the last completed one is wanted again. Alarms are ignored if
 * there is none to return to: in the first deployment, and during a rollback.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html (rolloutState)
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */
export class Rollout {
  readonly #breakers = new Map<string, DeploymentCircuitBreaker>();
  /** When a deployment's tasks were first the only ones, and healthy. */
  readonly #aloneSinceMs = new Map<string, number>();
  #lastCompleted: DeploymentView | undefined;

  breaker(deploymentId: string): DeploymentCircuitBreaker {
    const known = this.#breakers.get(deploymentId) ?? new DeploymentCircuitBreaker();
    this.#breakers.set(deploymentId, known);
    return known;
  }

  next(primary: DeploymentView, look: RolloutLook): RolloutStep {
    const { desired, counts, othersAlive, circuitBreaker, nowMs } = look;
    if (primary.rolloutState === 'COMPLETED') this.#lastCompleted = primary;
    if (primary.rolloutState !== 'IN_PROGRESS') return { kind: 'none' };
    const back = this.#lastCompleted?.id === primary.id ? undefined : this.#lastCompleted;
    const alarms = back && look.alarms?.enable ? look.alarms : undefined;
    if (alarms && alarms.fired.length > 0) return this.#fail('alarms', alarms, back);
    if (counts.healthy >= desired && counts.alive === desired && othersAlive === 0) {
      const sinceMs = this.#aloneSinceMs.get(primary.id) ?? nowMs;
      this.#aloneSinceMs.set(primary.id, sinceMs);
      if (nowMs - sinceMs < (alarms?.bakeMs ?? 0)) return { kind: 'none' };
      this.#aloneSinceMs.delete(primary.id);
      this.#lastCompleted = primary;
      return { kind: 'completed' };
    }
    if (!circuitBreaker.enable || !this.breaker(primary.id).isOpen(desired)) return { kind: 'none' };
    return this.#fail('circuit breaker', circuitBreaker, back);
  }

  #fail(
    by: 'circuit breaker' | 'alarms',
    { rollback }: Detection,
    back: DeploymentView | undefined,
  ): RolloutStep {
    if (!rollback || !back) return { kind: 'failed', by };
    // It is in progress again, so it cannot be returned to until it is completed once more.
    this.#lastCompleted = undefined;
    this.#breakers.delete(back.id);
    this.#aloneSinceMs.delete(back.id);
    return { kind: 'failed', by, rollBackTo: back };
  }
}
