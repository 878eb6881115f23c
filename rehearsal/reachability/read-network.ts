import {
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { toAcl, toEndpoint, toGroup, toNatGateway, toRouteTable, toSubnet } from './from-describe.ts';
import type { LoadBalancer, Network, Service } from './network.ts';

/** Reads everything in the VPC that decides who reaches whom. */
export async function readNetwork(
  ec2: EC2Client,
  vpcId: string,
  loadBalancer: LoadBalancer,
  service: Service,
): Promise<Network> {
  const inVpc = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const [vpcs, subnets, tables, gateways, nats, groups, acls, endpoints] = await Promise.all([
    ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] })),
    ec2.send(new DescribeSubnetsCommand(inVpc)),
    ec2.send(new DescribeRouteTablesCommand(inVpc)),
    ec2.send(
      new DescribeInternetGatewaysCommand({ Filters: [{ Name: 'attachment.vpc-id', Values: [vpcId] }] }),
    ),
    ec2.send(new DescribeNatGatewaysCommand({ Filter: [{ Name: 'vpc-id', Values: [vpcId] }] })),
    ec2.send(new DescribeSecurityGroupsCommand(inVpc)),
    ec2.send(new DescribeNetworkAclsCommand(inVpc)),
    ec2.send(new DescribeVpcEndpointsCommand(inVpc)),
  ]);
  const routeTables = tables.RouteTables ?? [];
  const networkAcls = acls.NetworkAcls ?? [];
  return {
    vpc: { id: vpcId, cidr: vpcs.Vpcs?.[0]?.CidrBlock ?? '' },
    subnets: (subnets.Subnets ?? [])
      .map((subnet) => toSubnet(subnet, routeTables, networkAcls))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
    routeTables: routeTables.map(toRouteTable),
    internetGateways: (gateways.InternetGateways ?? []).map((gateway) => gateway.InternetGatewayId ?? ''),
    natGateways: (nats.NatGateways ?? []).map(toNatGateway),
    securityGroups: (groups.SecurityGroups ?? []).map(toGroup),
    networkAcls: networkAcls.map(toAcl),
    endpoints: (endpoints.VpcEndpoints ?? [])
      .filter((one) => one.State?.toLowerCase() !== 'deleted')
      .map(toEndpoint),
    loadBalancer,
    service,
  };
}
