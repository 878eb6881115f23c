import type { Balancer, TargetGroup } from '@lornu/rehearsal/load-balancer/balancer.ts';
import type { WrongBalancer } from './wrong-balancers.ts';

const groups =
  (change: (group: TargetGroup) => Partial<TargetGroup>) =>
  (balancer: Balancer): Balancer => ({
    ...balancer,
    targetGroups: balancer.targetGroups.map((group) => ({ ...group, ...change(group) })),
  });
const health = (change: (health: TargetGroup['health']) => Partial<TargetGroup['health']>) =>
  groups((group) => ({ health: { ...group.health, ...change(group.health) } }));
/** The wrong load balancers whose detection needs the scenes of health checks and draining. */
export const SLOW_WRONG_BALANCERS: readonly WrongBalancer[] = [
  {
    name: 'unhealthy one check too early',
    change: health(({ unhealthyThreshold }) => ({ unhealthyThreshold: unhealthyThreshold - 1 })),
    tells: ['health.below-unhealthy'],
  },
  {
    name: 'healthy one check too early',
    change: health(({ healthyThreshold }) => ({ healthyThreshold: healthyThreshold - 1 })),
    tells: ['health.below-healthy'],
  },
  {
    name: 'only 200 is healthy',
    change: health(() => ({ matcher: '200' })),
    tells: ['health.matcher-range'],
  },
  {
    name: 'no deregistration delay',
    change: groups(() => ({ deregistrationDelayS: 0 })),
    tells: ['drain.finishes', 'drain.not-earlier'],
  },
  {
    name: 'a deregistration delay without an end',
    change: groups(() => ({ deregistrationDelayS: 3600 })),
    tells: ['drain.cut'],
  },
];
