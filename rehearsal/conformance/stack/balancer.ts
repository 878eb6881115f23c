import type { Action, CreateTargetGroupCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clients } from '../clients.ts';
import type { Ledger } from './ledger.ts';
import { PROBE_PORT, type ProbeNetwork } from './network.ts';
import { GROUPS, tlsRules, type GroupName } from './rules.ts';

/** Settings whose effect the checks measure. All are short, and within AWS's limits. */
export const IDLE_S = 3;
export const DRAIN_S = 4;
export const HEALTH = { intervalS: 5, timeoutS: 2, healthy: 3, unhealthy: 2, matcher: '200-299' };

export interface ProbeBalancer {
  arn: string;
  dnsName: string;
  groups: Record<GroupName, string>;
}

/** Creates the load balancer with all its target groups, listeners and rules. It registers no target yet. */
export async function makeBalancer(
  { elb }: Pick<Clients, 'elb'>,
  ledger: Ledger,
  name: string,
  network: ProbeNetwork,
  trust: { certificateArn: string; trustStoreArn: string; jwksUrl: string },
): Promise<ProbeBalancer> {
  const { LoadBalancers } = await elb.createLoadBalancer({
    Name: name,
    Scheme: 'internet-facing',
    Subnets: network.subnetIds,
    SecurityGroups: [network.balancerGroup],
  });
  const arn = await ledger.add('balancer', LoadBalancers?.[0]?.LoadBalancerArn);
  await elb.modifyLoadBalancerAttributes({
    LoadBalancerArn: arn,
    Attributes: [
      { Key: 'idle_timeout.timeout_seconds', Value: String(IDLE_S) },
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
    ],
  });
  const made: [GroupName, string][] = [];
  for (const group of GROUPS) {
    // AWS throttles parallel calls.
    made.push([group, await makeGroup(elb, ledger, `${name}-${group}`, network.vpcId, group)]);
  }
  const groups = Object.fromEntries(made) as Record<GroupName, string>;
  const forward = (group: GroupName): Action => ({
    Type: 'forward',
    Order: 1,
    TargetGroupArn: groups[group],
  });
  const tls = {
    Protocol: 'HTTPS' as const,
    SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
    Certificates: [{ CertificateArn: trust.certificateArn }],
  };
  const listen = async (about: object): Promise<string> => {
    const { Listeners } = await elb.createListener({
      LoadBalancerArn: arn,
      DefaultActions: [forward('steady')],
      ...about,
    });
    return Listeners?.[0]?.ListenerArn ?? '';
  };
  await listen({
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [
      {
        Type: 'redirect',
        Order: 1,
        RedirectConfig: {
          Protocol: 'HTTPS',
          Port: '443',
          Host: '#{host}',
          Path: '/#{path}',
          Query: '#{query}',
          StatusCode: 'HTTP_301',
        },
      },
    ],
  });
  const secure = await listen({ ...tls, Port: 443 });
  await listen({
    ...tls,
    Port: 8443,
    MutualAuthentication: { Mode: 'verify', TrustStoreArn: trust.trustStoreArn },
  });
  for (const { priority, conditions, actions } of tlsRules(forward, trust.jwksUrl)) {
    // Created in this order, which differs from the order of priorities on purpose.
    await elb.createRule({
      ListenerArn: secure,
      Priority: priority,
      Conditions: conditions,
      Actions: actions,
    });
  }
  return { arn, dnsName: LoadBalancers?.[0]?.DNSName ?? '', groups };
}

async function makeGroup(
  elb: Clients['elb'],
  ledger: Ledger,
  Name: string,
  VpcId: string,
  group: GroupName,
): Promise<string> {
  const tested = group === 'health';
  const about: CreateTargetGroupCommandInput = {
    Name,
    VpcId,
    Protocol: 'HTTP',
    Port: PROBE_PORT,
    TargetType: 'ip',
    // The other paths are always healthy, whatever plan a check sets.
    HealthCheckPath: tested
      ? '/health'
      : group === 'steady' || group === 'second'
        ? '/alive'
        : `/health/${group}`,
    HealthCheckIntervalSeconds: HEALTH.intervalS,
    HealthCheckTimeoutSeconds: HEALTH.timeoutS,
    HealthyThresholdCount: tested ? HEALTH.healthy : 2,
    UnhealthyThresholdCount: HEALTH.unhealthy,
    Matcher: { HttpCode: tested ? HEALTH.matcher : '200' },
  };
  const { TargetGroups } = await elb.createTargetGroup(about);
  const arn = await ledger.add('target-group', TargetGroups?.[0]?.TargetGroupArn);
  await elb.modifyTargetGroupAttributes({
    TargetGroupArn: arn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: String(DRAIN_S) }],
  });
  return arn;
}
