import type { HealthStatus } from './container-health.ts';
import type { ScheduledTask } from './plan-changes.ts';

/** What the load balancer says of a target; undefined for a task without one, or one it does not know yet. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

/**
 * Whether a task counts as healthy: it runs, its container's check is good (or there is none), and so is its target. Until
 * the service's grace period is over, a bad check is not held against it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html (healthCheckGracePeriodSeconds)
 */
export function taskHealth(task: {
  runningMs: number | undefined;
  container: HealthStatus | 'NONE';
  target: TargetState | undefined;
  balanced: boolean;
  graceMs: number;
  nowMs: number;
}): ScheduledTask['health'] {
  const { runningMs, container, target, balanced } = task;
  if (runningMs === undefined) return 'pending';
  const containerGood = container === 'HEALTHY' || container === 'NONE';
  if (containerGood && (!balanced || target === 'healthy')) return 'healthy';
  const bad = container === 'UNHEALTHY' || target === 'unhealthy';
  return bad && task.nowMs - runningMs >= task.graceMs ? 'unhealthy' : 'pending';
}
