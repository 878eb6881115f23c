/** A task, as the scheduler sees it; stopping tasks are no longer included. */
export interface ScheduledTask {
  id: string;
  /** Whether it belongs to the wanted deployment. */
  primary: boolean;
  /** Healthy: it runs, and its own check and the load balancer's pass. Pending: neither yet. */
  health: 'pending' | 'healthy' | 'unhealthy';
  /** Protected from being stopped by a deployment or by scaling in. */
  protected: boolean;
  zone: string;
  startedMs: number;
}

export interface Changes {
  start: number;
  stop: string[];
}

/**
 * The service scheduler's next actions. Replacements are started first, as far as the upper limit allows; old and
 * surplus tasks are stopped while enough healthy ones stay for the lower limit; a protected one is left alone until it
 * is released; an unhealthy one is stopped when its replacement is healthy, or at once if there is no room for one.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
 */
export function planChanges(
  desired: number,
  tasks: readonly ScheduledTask[],
  { lower, upper }: RollingLimits,
): Changes {
  const wanted = tasks.filter(({ primary, health }) => primary && health !== 'unhealthy');
  const missing = Math.max(0, desired - wanted.length);
  const start = Math.max(0, Math.min(missing, upper - tasks.length));

  const healthy = tasks.filter(({ health }) => health === 'healthy');
  let spare = healthy.length - lower;
  const stop: string[] = [];
  const replaced = wanted.filter(({ health }) => health === 'healthy').length >= desired;
  // Unhealthy tasks first: stopping them does not reduce the healthy ones.
  for (const task of tasks.filter(({ health }) => health === 'unhealthy')) {
    if (replaced || start < missing) stop.push(task.id);
  }
  for (const task of tasks.filter(({ primary, health }) => !primary && health === 'pending'))
    stop.push(task.id);
  for (const task of tasks.filter(({ primary, health }) => !primary && health === 'healthy')) {
    if (task.protected || spare <= 0) continue;
    stop.push(task.id);
    spare -= 1;
  }
  const surplus = wanted.length - desired;
  if (surplus > 0) stop.push(...leastMissed(wanted, surplus));
  return { start, stop };
}

/** Those that do not serve yet, then the newest of the fullest zone. */
function leastMissed(tasks: readonly ScheduledTask[], count: number): string[] {
  const left = tasks.filter((task) => !task.protected);
  const gone: string[] = [];
  while (gone.length < count && left.length > 0) {
    const inZone = (zone: string): number =>
      tasks.filter((task) => task.zone === zone && !gone.includes(task.id)).length;
    left.sort(
      (a, b) =>
        Number(a.health === 'healthy') - Number(b.health === 'healthy') ||
        inZone(b.zone) - inZone(a.zone) ||
        b.startedMs - a.startedMs,
    );
    gone.push(left.shift()?.id ?? '');
  }
  return gone;
}

/** How many tasks a service may have during a deployment. */
export interface RollingLimits {
  /** Least number of healthy tasks. */
  lower: number;
  /** Most pending and running tasks. */
  upper: number;
}

/**
 * The lower limit is rounded up, the upper one down.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */
export function rollingLimits(
  desired: number,
  configuration: { minimumHealthyPercent: number; maximumPercent: number },
): RollingLimits {
  return {
    lower: Math.ceil((desired * configuration.minimumHealthyPercent) / 100),
    upper: Math.floor((desired * configuration.maximumPercent) / 100),
  };
}
