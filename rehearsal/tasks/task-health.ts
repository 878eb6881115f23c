import type { HealthStatus } from './container-health.ts';
import type { ScheduledTask } from './plan-changes.ts';

/** A target's state at the load balancer; undefined for a task without a target, or one that is not known yet. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

/**
 * Whether a task counts as healthy: it runs, its container's check passes (or there is none), and so does its target's.
 * During the service's grace period a failed check is ignored.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
 * (healthCheckGracePeriodSeconds)
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
