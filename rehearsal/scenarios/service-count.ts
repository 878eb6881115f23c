import type { Stage } from './scenario.ts';

const STEADY_MS = 180_000;

/** The desired task count of the service. */
export async function desiredCount({ standing, served }: Stage): Promise<number> {
  const { cluster, service } = served.applied;
  const { services = [] } = await standing.clients.ecs.describeServices({ cluster, services: [service] });
  return services[0]?.desiredCount ?? 0;
}

export async function setCount({ standing, served }: Stage, desired: number): Promise<void> {
  const { cluster, service } = served.applied;
  await standing.clients.ecs.updateService({ cluster, service, desiredCount: desired });
}

/** Waits until exactly this many tasks are healthy, and no other task is left. */
export async function untilHealthy(stage: Stage, count: number): Promise<void> {
  const { served } = stage;
  const isSteady = (): boolean => {
    const tasks = served.tasks();
    return tasks.length === count && tasks.every(({ healthy }) => healthy);
  };
  await untilTrue(stage, isSteady, STEADY_MS);
}

export async function untilTrue({ served }: Stage, holds: () => boolean, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > giveUpAt)
      throw new Error(`the expected state was not reached within ${withinMs / 1000} s`);
    await Promise.race([Bun.sleep(100), served.failed]);
  }
}
