import type {
  IpPermission,
  NatGateway as AwsNatGateway,
  NetworkAcl as AwsNetworkAcl,
  RouteTable as AwsRouteTable,
  SecurityGroup as AwsSecurityGroup,
  Subnet as AwsSubnet,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import {
  ALL_PORTS,
  type Endpoint,
  type GroupRule,
  type NatGateway,
  type NetworkAcl,
  type PortRange,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
} from './network.ts';

/** AWS's protocol numbers in network ACLs. */
const PROTOCOLS: Record<string, string> = { '6': 'tcp', '17': 'udp', '1': 'icmp' };

/** A subnet without its own table or ACL has the VPC's main table and default ACL. */
export function toSubnet(
  subnet: AwsSubnet,
  tables: readonly AwsRouteTable[],
  acls: readonly AwsNetworkAcl[],
): Subnet {
  const id = subnet.SubnetId ?? '';
  const table =
    tables.find((one) => one.Associations?.some((association) => association.SubnetId === id)) ??
    tables.find((one) => one.Associations?.some((association) => association.Main));
  const acl =
    acls.find((one) => one.Associations?.some((association) => association.SubnetId === id)) ??
    acls.find((one) => one.IsDefault);
  return {
    id,
    name: subnet.Tags?.find((tag) => tag.Key === 'Name')?.Value ?? id,
    cidr: subnet.CidrBlock ?? '',
    zone: subnet.AvailabilityZone ?? '',
    routeTableId: table?.RouteTableId ?? '',
    networkAclId: acl?.NetworkAclId ?? '',
  };
}

export function toRouteTable(table: AwsRouteTable): RouteTable {
  return {
    id: table.RouteTableId ?? '',
    routes: (table.Routes ?? []).map((route) => ({
      destination:
        route.DestinationCidrBlock ?? route.DestinationPrefixListId ?? route.DestinationIpv6CidrBlock ?? '',
      target:
        route.NatGatewayId ??
        route.GatewayId ??
        route.TransitGatewayId ??
        route.NetworkInterfaceId ??
        'something else',
      active: route.State !== 'blackhole',
    })),
  };
}

export function toNatGateway(gateway: AwsNatGateway): NatGateway {
  return {
    id: gateway.NatGatewayId ?? '',
    subnetId: gateway.SubnetId ?? '',
    available: gateway.State === 'available',
    publicAddress: gateway.NatGatewayAddresses?.find((address) => address.PublicIp)?.PublicIp,
  };
}

export function toGroup(group: AwsSecurityGroup): SecurityGroup {
  return {
    id: group.GroupId ?? '',
    name: group.GroupName ?? '',
    ingress: (group.IpPermissions ?? []).flatMap(toRules),
    egress: (group.IpPermissionsEgress ?? []).flatMap(toRules),
  };
}

function toRules(permission: IpPermission): GroupRule[] {
  const protocol = permission.IpProtocol ?? '-1';
  const ports = toPorts(protocol, permission.FromPort, permission.ToPort);
  const peers: GroupRule['peer'][] = [
    ...(permission.IpRanges ?? []).map((range) => ({ cidr: range.CidrIp ?? '' })),
    ...(permission.Ipv6Ranges ?? []).map((range) => ({ cidr: range.CidrIpv6 ?? '' })),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => ({ group: pair.GroupId ?? '' })),
    ...(permission.PrefixListIds ?? []).map((list) => ({ prefixList: list.PrefixListId ?? '' })),
  ];
  return peers.map((peer) => ({ protocol, ports, peer }));
}

export function toAcl(acl: AwsNetworkAcl): NetworkAcl {
  return {
    id: acl.NetworkAclId ?? '',
    entries: (acl.Entries ?? []).map((entry) => {
      const protocol = PROTOCOLS[entry.Protocol ?? ''] ?? entry.Protocol ?? '-1';
      return {
        number: entry.RuleNumber ?? 0,
        egress: entry.Egress ?? false,
        protocol,
        ports: toPorts(protocol, entry.PortRange?.From, entry.PortRange?.To),
        cidr: entry.CidrBlock ?? entry.Ipv6CidrBlock ?? '',
        allow: entry.RuleAction === 'allow',
      };
    }),
  };
}

function toPorts(protocol: string, from: number | undefined, to: number | undefined): PortRange {
  return protocol === '-1' || from === undefined || from === -1 ? ALL_PORTS : { from, to: to ?? from };
}

export function toEndpoint(endpoint: VpcEndpoint): Endpoint {
  return {
    id: endpoint.VpcEndpointId ?? '',
    kind: endpoint.VpcEndpointType === 'Interface' ? 'interface' : 'gateway',
    service: endpoint.ServiceName ?? '',
    routeTableIds: endpoint.RouteTableIds ?? [],
    subnetIds: endpoint.SubnetIds ?? [],
    groupIds: (endpoint.Groups ?? []).map((group) => group.GroupId ?? ''),
    privateDns: endpoint.PrivateDnsEnabled ?? false,
  };
}
