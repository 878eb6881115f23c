import type { Clients } from '../clients.ts';
import type { Ledger } from './ledger.ts';

export interface ProbeNetwork {
  vpcId: string;
  subnetIds: string[];
  balancerGroup: string;
  taskGroup: string;
}

/** The port of the probes. */
export const PROBE_PORT = 8080;
/** The listeners' ports: plain, TLS, TLS with a certificate of the client. */
export const LISTENERS = [80, 443, 8443] as const;
export type ListenerPort = (typeof LISTENERS)[number];

/** Creates a network with two public subnets. `from` can reach the load balancer; only it can reach the tasks. */
export async function makeNetwork(
  { ec2 }: Pick<Clients, 'ec2'>,
  ledger: Ledger,
  name: string,
  from: string,
): Promise<ProbeNetwork> {
  const { Vpc } = await ec2.createVpc({ CidrBlock: '10.91.0.0/16' });
  const vpcId = await ledger.add('vpc', Vpc?.VpcId);
  const { InternetGateway } = await ec2.createInternetGateway({});
  const gateway = await ledger.add('gateway', InternetGateway?.InternetGatewayId, vpcId);
  await ec2.attachInternetGateway({ VpcId: vpcId, InternetGatewayId: gateway });
  const { RouteTable } = await ec2.createRouteTable({ VpcId: vpcId });
  const table = await ledger.add('route-table', RouteTable?.RouteTableId);
  await ec2.createRoute({
    RouteTableId: table,
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: gateway,
  });
  const { AvailabilityZones = [] } = await ec2.describeAvailabilityZones({
    Filters: [{ Name: 'zone-type', Values: ['availability-zone'] }],
  });
  const subnetIds: string[] = [];
  for (const [index, { ZoneName }] of AvailabilityZones.slice(0, 2).entries()) {
    const { Subnet } = await ec2.createSubnet({
      VpcId: vpcId,
      CidrBlock: `10.91.${index}.0/24`,
      AvailabilityZone: ZoneName,
    });
    const subnetId = await ledger.add('subnet', Subnet?.SubnetId);
    const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: table, SubnetId: subnetId });
    await ledger.add('route-association', AssociationId);
    subnetIds.push(subnetId);
  }
  const group = async (what: string): Promise<string> => {
    const { GroupId } = await ec2.createSecurityGroup({
      VpcId: vpcId,
      GroupName: `${name}-${what}`,
      Description: `lornu conformance ${what}`,
    });
    return ledger.add('security-group', GroupId);
  };
  const [balancerGroup, taskGroup] = [await group('balancer'), await group('tasks')];
  await ec2.authorizeSecurityGroupIngress({
    GroupId: balancerGroup,
    IpPermissions: LISTENERS.map((port) => ({
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
      IpRanges: [{ CidrIp: from }],
    })),
  });
  await ec2.authorizeSecurityGroupIngress({
    GroupId: taskGroup,
    IpPermissions: [
      {
        IpProtocol: 'tcp',
        FromPort: PROBE_PORT,
        ToPort: PROBE_PORT,
        UserIdGroupPairs: [{ GroupId: balancerGroup }],
      },
    ],
  });
  return { vpcId, subnetIds, balancerGroup, taskGroup };
}
