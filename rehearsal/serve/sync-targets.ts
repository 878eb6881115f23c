import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { SideDoor, TargetReport } from '../emulator/side-door.ts';
import type { TargetGroup } from '../load-balancer/balancer.ts';
import type { BalancerControl, ServerState } from '../load-balancer/control.ts';
import { backendName } from '../load-balancer/render-haproxy.ts';

export interface TargetSyncOptions {
  elb: ElasticLoadBalancingV2;
  sideDoor: SideDoor;
  control: BalancerControl;
  groups: readonly TargetGroup[];
  onFailure: (error: unknown) => unknown;
  /** A target's state changed. */
  changed: () => void;
}

export interface TargetSync {
  stop: () => Promise<void>;
}

const LOOK_EVERY_MS = 250;

/**
 * Keeps HAProxy's servers in sync with the registered targets, and reports the targets' health from HAProxy: new ones
 * are checked before they get requests; a deregistered one gets no new requests and is removed when nothing is in
 * flight or its deregistration delay is over.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
 */
export function syncTargets(options: TargetSyncOptions): TargetSync {
  // For each target group, because one address may be in several groups.
  const groups = options.groups.map((group) => ({
    group,
    draining: new Map<string, number>(),
    reported: new Map<string, string>(),
  }));
  const life = new AbortController();

  const look = async ({ group, draining, reported }: (typeof groups)[number]): Promise<void> => {
    const { elb, control, sideDoor } = options;
    const backend = backendName(group.arn);
    const [{ TargetHealthDescriptions = [] }, servers] = await Promise.all([
      elb.describeTargetHealth({ TargetGroupArn: group.arn }),
      control.servers(),
    ]);
    const own = servers.filter((server) => server.backend === backend);
    const reports: TargetReport[] = [];
    const registered = new Set<string>();
    for (const { Target, TargetHealth } of TargetHealthDescriptions) {
      const id = Target?.Id ?? '';
      const server = own.find(({ name }) => name === id);
      if (TargetHealth?.State === 'draining') {
        if (!server) reports.push({ id, state: 'unused' });
        continue;
      }
      registered.add(id);
      // One that is registered again while it drains is a new target, though HAProxy still has the old one.
      if (draining.delete(id) || !server) await control.add(backend, id, id, Target?.Port ?? 0);
      reports.push(toReport(id, server, reported.get(id)));
    }
    for (const server of own.filter(({ name }) => !registered.has(name))) {
      const { name } = server;
      const since = draining.get(name);
      if (since === undefined) {
        await control.drain(backend, name);
        draining.set(name, Date.now());
      } else if (server.current === 0 || Date.now() - since >= group.deregistrationDelayS * 1000) {
        await control.remove(backend, name);
        draining.delete(name);
        reports.push({ id: name, state: 'unused' });
      }
    }
    const news = reports.filter(({ id, state }) => reported.get(id) !== state);
    if (news.length === 0) return;
    await sideDoor.reportTargetHealth(group.arn, news);
    for (const { id, state } of news) {
      if (state === 'unused') reported.delete(id);
      else reported.set(id, state);
    }
    options.changed();
  };

  const loop = (async () => {
    while (!life.signal.aborted) {
      try {
        for (const one of groups) await look(one);
      } catch (error) {
        if (!life.signal.aborted) options.onFailure(error);
        return;
      }
      await Bun.sleep(LOOK_EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      life.abort();
      await loop;
    },
  };
}

/** States and reasons in DescribeTargetHealth's terms. */
function toReport(id: string, server: ServerState | undefined, before: string | undefined): TargetReport {
  if (server?.status === 'healthy') return { id, state: 'healthy' };
  // During a check, HAProxy does not report the code of the previous one. The next poll gets it.
  if (before === 'healthy' && server?.check === 'L7STS' && server.code === '0')
    return { id, state: 'healthy' };
  if (server?.status === 'unhealthy' || (server?.status === 'rising' && before === 'unhealthy')) {
    return { id, state: 'unhealthy', ...whyUnhealthy(server) };
  }
  return {
    id,
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
  };
}

/**
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes
 */
function whyUnhealthy({ check, code, reason }: ServerState): Pick<TargetReport, 'reason' | 'description'> {
  if (check === 'L7STS' && code)
    return {
      reason: 'Target.ResponseCodeMismatch',
      description: `Health checks failed with these codes: [${code}]`,
    };
  if (check.endsWith('TOUT')) return { reason: 'Target.Timeout', description: 'Request timed out' };
  return { reason: 'Target.FailedHealthChecks', description: `Health checks failed: ${reason}` };
}
