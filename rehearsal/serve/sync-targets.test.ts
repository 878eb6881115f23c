import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { test } from 'bun:test';
import type { TargetReport } from '../emulator/side-door.ts';
import type { TargetGroup } from '../load-balancer/balancer.ts';
import type { BalancerControl, ServerState } from '../load-balancer/control.ts';
import { backendName } from '../load-balancer/render-haproxy.ts';
import { syncTargets } from './sync-targets.ts';

const GROUP = {
  arn: 'arn:aws:elasticloadbalancing:x:1:targetgroup/agent/1',
  deregistrationDelayS: 120,
} as TargetGroup;
const ADDRESS = '10.1.10.4';

test('a target that is registered again while it drains is checked, and serves again', async () => {
  const servers = new Map<string, ServerState>();
  const set = (name: string, status: ServerState['status'], current = 0): void =>
    void servers.set(name, {
      backend: backendName(GROUP.arn),
      name,
      address: name,
      status,
      current,
      reason: '',
      check: '',
      code: '',
      serverErrors: 0,
    });
  const control = {
    add: async (_backend: string, name: string) => set(name, 'initial'),
    // A request is in flight, so it stays for now.
    drain: async (_backend: string, name: string) => set(name, 'draining', 1),
    remove: async (_backend: string, name: string) => void servers.delete(name),
    servers: async () => [...servers.values()],
  } as unknown as BalancerControl;
  let registered = true;
  const elb = {
    describeTargetHealth: async () => ({
      TargetHealthDescriptions: registered ? [{ Target: { Id: ADDRESS, Port: 8080 } }] : [],
    }),
  } as unknown as ElasticLoadBalancingV2;
  const said = new Map<string, string>();
  const sync = syncTargets({
    elb,
    control,
    groups: [GROUP],
    sideDoor: {
      reportTargetHealth: async (_arn: string, reports: readonly TargetReport[]) => {
        for (const { id, state } of reports) said.set(id, state);
      },
    } as never,
    onFailure: (error) => {
      throw error;
    },
    changed: () => {},
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await Bun.sleep(5);
  };
  try {
    await until(() => servers.get(ADDRESS)?.status === 'initial');
    set(ADDRESS, 'healthy');
    await until(() => said.get(ADDRESS) === 'healthy');
    registered = false;
    await until(() => servers.get(ADDRESS)?.status === 'draining');
    registered = true;
    await until(() => servers.get(ADDRESS)?.status === 'initial');
    set(ADDRESS, 'healthy');
    await until(() => said.get(ADDRESS) === 'healthy');
  } finally {
    await sync.stop();
  }
});

test('a target in two groups is reported to both', async () => {
  const other = { ...GROUP, arn: `${GROUP.arn}2` };
  const said = new Set<string>();
  const both = Promise.withResolvers<void>();
  const sync = syncTargets({
    elb: {
      describeTargetHealth: async () => ({
        TargetHealthDescriptions: [{ Target: { Id: ADDRESS, Port: 8080 } }],
      }),
    } as unknown as ElasticLoadBalancingV2,
    control: {
      servers: async () =>
        [GROUP, other].map(({ arn }) => ({ backend: backendName(arn), name: ADDRESS, status: 'healthy' })),
    } as unknown as BalancerControl,
    groups: [GROUP, other],
    sideDoor: {
      reportTargetHealth: async (arn: string) => {
        said.add(arn);
        if (said.size === 2) both.resolve();
      },
    } as never,
    onFailure: both.reject,
    changed: () => {},
  });
  await both.promise;
  await sync.stop();
});
