import type { ECS } from '@aws-sdk/client-ecs';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LoadBalancer, Service } from './network.ts';

/** The ECS service and the load balancer in front of it, found through the service's target group. */
export async function readServed(
  clients: { ecs: ECS; elb: ElasticLoadBalancingV2 },
  cluster: string,
  serviceName: string,
): Promise<{ vpcId: string; loadBalancer: LoadBalancer; service: Service }> {
  const described = await clients.ecs.describeServices({ cluster, services: [serviceName] });
  const [service] = described.services ?? [];
  const [registration] = service?.loadBalancers ?? [];
  const network = service?.networkConfiguration?.awsvpcConfiguration;
  if (!service || !registration?.targetGroupArn || !network) {
    throw new Error(`ECS service ${cluster}/${serviceName} with a target group and a network is not there`);
  }
  const groups = await clients.elb.describeTargetGroups({ TargetGroupArns: [registration.targetGroupArn] });
  const arn = groups.TargetGroups?.[0]?.LoadBalancerArns?.[0];
  if (!arn) throw new Error(`no load balancer forwards to ${registration.targetGroupArn}`);
  const [balancers, listeners] = await Promise.all([
    clients.elb.describeLoadBalancers({ LoadBalancerArns: [arn] }),
    clients.elb.describeListeners({ LoadBalancerArn: arn }),
  ]);
  const [balancer] = balancers.LoadBalancers ?? [];
  return {
    vpcId: balancer?.VpcId ?? '',
    loadBalancer: {
      name: balancer?.LoadBalancerName ?? '',
      internetFacing: balancer?.Scheme === 'internet-facing',
      subnetIds: (balancer?.AvailabilityZones ?? []).map((zone) => zone.SubnetId ?? ''),
      groupIds: balancer?.SecurityGroups ?? [],
      listeners: (listeners.Listeners ?? [])
        .map((listener) => ({ port: listener.Port ?? 0, protocol: listener.Protocol ?? '' }))
        .toSorted((a, b) => a.port - b.port),
    },
    service: {
      name: service.serviceName ?? '',
      subnetIds: network.subnets ?? [],
      groupIds: network.securityGroups ?? [],
      publicAddress: network.assignPublicIp === 'ENABLED',
      containerPort: registration.containerPort ?? 0,
    },
  };
}
