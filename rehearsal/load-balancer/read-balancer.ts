import type {
  ElasticLoadBalancingV2,
  Listener as AwsListener,
  TargetGroup as AwsTargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Balancer, Listener, TargetGroup } from './balancer.ts';
import { toRule } from './from-describe.ts';

/** Reads the load balancer with this ARN through Describe calls. Throws for unsupported settings. */
export async function readBalancer(elb: ElasticLoadBalancingV2, arn: string): Promise<Balancer> {
  const [attributes, listeners, groups] = await Promise.all([
    elb.describeLoadBalancerAttributes({ LoadBalancerArn: arn }),
    elb.describeListeners({ LoadBalancerArn: arn }),
    elb.describeTargetGroups({ LoadBalancerArn: arn }),
  ]);
  const of = attributeReader(attributes.Attributes);
  return {
    idleTimeoutS: Number(of('idle_timeout.timeout_seconds', '60')),
    clientKeepAliveS: Number(of('client_keep_alive.seconds', '3600')),
    dropInvalidHeaders: of('routing.http.drop_invalid_header_fields.enabled', 'false') === 'true',
    http2: of('routing.http2.enabled', 'true') === 'true',
    listeners: await Promise.all(
      (listeners.Listeners ?? []).map(async (listener) => readListener(elb, listener)),
    ),
    targetGroups: await Promise.all(
      (groups.TargetGroups ?? []).map(async (group) => readTargetGroup(elb, group)),
    ),
  };
}

async function readListener(elb: ElasticLoadBalancingV2, listener: AwsListener): Promise<Listener> {
  const { Rules = [] } = await elb.describeRules({ ListenerArn: listener.ListenerArn });
  const rules = Rules.map(toRule);
  const { Mode: mode = 'off', TrustStoreArn: trustStoreArn = '' } = listener.MutualAuthentication ?? {};
  if (mode !== 'off' && mode !== 'verify') throw new Error(`mutual TLS mode ${mode} is not translated`);
  return {
    port: listener.Port ?? 0,
    protocol: listener.Protocol === 'HTTPS' ? 'HTTPS' : 'HTTP',
    sslPolicy: listener.SslPolicy,
    mutualTls: mode === 'verify' ? { mode, trustStoreArn } : { mode },
    rules: rules.toSorted((a, b) => order(a.priority) - order(b.priority)),
  };
}

function order(priority: number | 'default'): number {
  return priority === 'default' ? Number.POSITIVE_INFINITY : priority;
}

async function readTargetGroup(elb: ElasticLoadBalancingV2, group: AwsTargetGroup): Promise<TargetGroup> {
  const arn = group.TargetGroupArn ?? '';
  const { Attributes } = await elb.describeTargetGroupAttributes({ TargetGroupArn: arn });
  const of = attributeReader(Attributes);
  const algorithm = of('load_balancing.algorithm.type', 'round_robin');
  if (algorithm !== 'round_robin' && algorithm !== 'least_outstanding_requests') {
    throw new Error(`algorithm ${algorithm} is not translated`);
  }
  return {
    arn,
    name: group.TargetGroupName ?? '',
    algorithm,
    deregistrationDelayS: Number(of('deregistration_delay.timeout_seconds', '300')),
    health: {
      path: group.HealthCheckPath ?? '/',
      matcher: group.Matcher?.HttpCode ?? '200',
      intervalS: group.HealthCheckIntervalSeconds ?? 30,
      timeoutS: group.HealthCheckTimeoutSeconds ?? 5,
      healthyThreshold: group.HealthyThresholdCount ?? 5,
      unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    },
  };
}

function attributeReader(
  attributes: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
) {
  return (key: string, otherwise: string): string =>
    attributes.find((one) => one.Key === key)?.Value ?? otherwise;
}
