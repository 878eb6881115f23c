import { DeploymentCircuitBreaker } from './circuit-breaker.ts';
import type { AlarmVerdict } from './deployment-alarms.ts';

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

/** A way to notice that a deployment fails, as the service has it. */
interface Detection {
  enable: boolean;
  rollback: boolean;
}

/** What a deployment is judged by at one look. */
export interface RolloutLook {
  desired: number;
  counts: DeploymentCounts;
  /** Tasks of other deployments, also those that are being stopped. */
  othersAlive: number;
  circuitBreaker: Detection;
  /** With what the alarms say; undefined where the service has none. */
  alarms?: (Detection & AlarmVerdict) | undefined;
  nowMs: number;
}

export type RolloutStep =
  | { kind: 'none' }
  | { kind: 'completed' }
  /** Failed; with a deployment to go back to, where rolling back is on and one was completed. */
  | { kind: 'failed'; by: 'circuit breaker' | 'alarms'; rollBackTo?: DeploymentView };

/**
 * How far the deployments of a service are. A deployment is completed when as many of its tasks as desired are healthy, no
 * task of another deployment is left, and its alarms were quiet for the bake time. It fails when too many of its tasks failed
 * one after the other, or one of its alarms fires; then the last completed one becomes the wanted one again. Alarms are not
 * looked at where there is none to go back to: in the first deployment, and on the way back.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html (rolloutState)
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
 */
export class Rollout {
  readonly #breakers = new Map<string, DeploymentCircuitBreaker>();
  /** When the tasks of a deployment were first the only ones, and healthy. */
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
    // Under way again, so it is nothing to go back to until it is completed once more.
    this.#lastCompleted = undefined;
    this.#breakers.delete(back.id);
    this.#aloneSinceMs.delete(back.id);
    return { kind: 'failed', by, rollBackTo: back };
  }
}
