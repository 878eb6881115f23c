import { dirname, join } from 'node:path';
import { ask, parseServers } from '../load-balancer/control.ts';
import type { ServedRehearsal, ServedTask } from '../serve/served.ts';

/** A task that a break may kill, freeze or cut off. */
export type Victim = ServedTask & { pid: number };

/** The control socket of the load balancer. */
export function balancerSocket({ balancerConfig }: Pick<ServedRehearsal, 'balancerConfig'>): string {
  return join(dirname(balancerConfig), 'control.sock');
}

/**
 * Call it before streams begin. The returned function finds the healthy task that has got most of them since: turns of
 * an earlier break may still run at another one.
 */
export async function watchStreams(
  served: Pick<ServedRehearsal, 'balancerConfig' | 'tasks'>,
): Promise<() => Promise<Victim>> {
  const before = await requestsByAddress(served);
  return async () => {
    const now = await requestsByAddress(served);
    const gained = ({ address }: ServedTask): number => (now.get(address) ?? 0) - (before.get(address) ?? 0);
    const [victim] = served
      .tasks()
      .flatMap((task) => (task.healthy && task.pid !== undefined ? [{ ...task, pid: task.pid }] : []))
      .toSorted((a, b) => gained(b) - gained(a));
    if (!victim) throw new Error('no task is healthy');
    return victim;
  };
}

/** Requests in progress at each address; a target's name is its address. */
async function requestsByAddress(
  served: Pick<ServedRehearsal, 'balancerConfig'>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name, current } of parseServers(await ask(balancerSocket(served), 'show stat -1 4 -1')))
    counts.set(name, (counts.get(name) ?? 0) + current);
  return counts;
}
