import type { EmulatorKit } from './kit.ts';

export interface TestNetwork {
  vpcId: string;
  subnetIds: string[];
  groupId: string;
}

/** Two subnets in two zones and a security group. */
export async function makeNetwork({ ec2 }: EmulatorKit): Promise<TestNetwork> {
  const { Vpc } = await ec2.createVpc({ CidrBlock: '10.9.0.0/16' });
  const vpcId = Vpc?.VpcId ?? '';
  const subnetIds: string[] = [];
  for (const [index, zone] of ['us-east-1a', 'us-east-1b'].entries()) {
    const { Subnet } = await ec2.createSubnet({
      VpcId: vpcId,
      CidrBlock: `10.9.${index}.0/24`,
      AvailabilityZone: zone,
    });
    subnetIds.push(Subnet?.SubnetId ?? '');
  }
  const { GroupId = '' } = await ec2.createSecurityGroup({
    GroupName: 'test',
    Description: 'test',
    VpcId: vpcId,
  });
  return { vpcId, subnetIds, groupId: GroupId };
}

/** A load balancer with a target group for addresses. */
export async function makeLoadBalancer(
  { elb }: EmulatorKit,
  { vpcId, subnetIds, groupId }: TestNetwork,
  name: string,
): Promise<{ balancerArn: string; groupArn: string }> {
  const { LoadBalancers } = await elb.createLoadBalancer({
    Name: name,
    Subnets: subnetIds,
    SecurityGroups: [groupId],
  });
  const { TargetGroups } = await elb.createTargetGroup({
    Name: name,
    Protocol: 'HTTP',
    Port: 8080,
    VpcId: vpcId,
    TargetType: 'ip',
  });
  return {
    balancerArn: LoadBalancers?.[0]?.LoadBalancerArn ?? '',
    groupArn: TargetGroups?.[0]?.TargetGroupArn ?? '',
  };
}
