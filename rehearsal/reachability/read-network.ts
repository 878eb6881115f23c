import type { EC2 } from '@aws-sdk/client-ec2';
import { toAcl, toEndpoint, toGroup, toNatGateway, toRouteTable, toSubnet } from './from-describe.ts';
import type { LoadBalancer, Network, Service } from './network.ts';

/** Reads everything in the VPC that decides who reaches whom. */
export async function readNetwork(
  ec2: EC2,
  vpcId: string,
  loadBalancer: LoadBalancer,
  service: Service,
): Promise<Network> {
  const inVpc = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const [vpcs, subnets, tables, gateways, nats, groups, acls, endpoints] = await Promise.all([
    ec2.describeVpcs({ VpcIds: [vpcId] }),
    ec2.describeSubnets(inVpc),
    ec2.describeRouteTables(inVpc),
    ec2.describeInternetGateways({ Filters: [{ Name: 'attachment.vpc-id', Values: [vpcId] }] }),
    ec2.describeNatGateways({ Filter: [{ Name: 'vpc-id', Values: [vpcId] }] }),
    ec2.describeSecurityGroups(inVpc),
    ec2.describeNetworkAcls(inVpc),
    ec2.describeVpcEndpoints(inVpc),
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
