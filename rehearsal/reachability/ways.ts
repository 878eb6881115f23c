import { aclPortsIn, aclPortsOut } from './acl-ports.ts';
import { groupPorts } from './group-ports.ts';
import type { Endpoint, Network, Subnet } from './network.ts';
import { intersection, NO_PORTS, type PortSet } from './port-set.ts';
import { internetGatewayOf, routeFor, routesOf, STRANGER } from './routes.ts';

/** The path of traffic: which TCP ports pass and through what, or what blocks them. */
export interface Way {
  ports: PortSet;
  /** Ids and names on the path, in order. */
  through: string[];
  stoppedBy?: string;
}

function stopped(stoppedBy: string): Way {
  return { ports: NO_PORTS, through: [], stoppedBy };
}

/** From any internet address to something with an interface in the subnet. */
export function fromInternet(
  network: Network,
  subnetId: string,
  groupIds: readonly string[],
  hasPublicAddress: boolean,
  source = STRANGER,
): Way {
  const name = nameOf(network, subnetId);
  if (!hasPublicAddress) return stopped(`no public address in ${name}`);
  const gateway = internetGatewayOf(network, subnetId);
  if (!gateway) return stopped(`no route from ${name} to an internet gateway`);
  return {
    ports: intersection(
      aclPortsIn(network, subnetId, source),
      groupPorts(network, groupIds, 'ingress', { kind: 'address', cidr: source }),
    ),
    through: [gateway, name],
  };
}

/** From one interface to another within the VPC; security groups on both sides, and ACLs between subnets. */
export function within(
  network: Network,
  from: { subnetId: string; groupIds: readonly string[] },
  to: { subnetId: string; groupIds: readonly string[] },
): Way {
  const [source, target] = [subnetOf(network, from.subnetId), subnetOf(network, to.subnetId)];
  if (!source || !target) return stopped('a subnet that is not in the VPC');
  const route = routeFor(network, source.id, target.cidr);
  if (route?.target !== 'local' || !route.active)
    return stopped(`no local route from ${source.name} to ${target.name}`);
  const acls =
    source.id === target.id
      ? []
      : [aclPortsOut(network, source.id, target.cidr), aclPortsIn(network, target.id, source.cidr)];
  return {
    ports: intersection(
      groupPorts(network, from.groupIds, 'egress', {
        kind: 'group-member',
        groupIds: to.groupIds,
        cidrs: [target.cidr],
      }),
      groupPorts(network, to.groupIds, 'ingress', {
        kind: 'group-member',
        groupIds: from.groupIds,
        cidrs: [source.cidr],
      }),
      ...acls,
    ),
    through: [source.name, target.name],
  };
}

/** From a subnet to the internet: through a NAT gateway that itself has a path, or with a public address. */
export function toInternet(
  network: Network,
  from: { subnetId: string; groupIds: readonly string[]; publicAddress: boolean },
): Way {
  const name = nameOf(network, from.subnetId);
  const route = routeFor(network, from.subnetId, STRANGER);
  if (!route?.active) return stopped(`no route to the internet from ${name}`);
  const out = intersection(
    groupPorts(network, from.groupIds, 'egress', { kind: 'address', cidr: STRANGER }),
    aclPortsOut(network, from.subnetId, STRANGER),
  );
  if (network.internetGateways.includes(route.target)) {
    return from.publicAddress
      ? { ports: out, through: [name, route.target] }
      : stopped(`${name} leads to an internet gateway, which needs a public address`);
  }
  const nat = network.natGateways.find(({ id }) => id === route.target);
  if (!nat?.available || !nat.publicAddress)
    return stopped(`${route.target} is no NAT gateway with an address`);
  const gateway = internetGatewayOf(network, nat.subnetId);
  if (!gateway)
    return stopped(
      `NAT gateway ${nat.id} is in ${nameOf(network, nat.subnetId)}, which has no internet gateway`,
    );
  return {
    ports: intersection(
      out,
      aclPortsIn(network, nat.subnetId, cidrOf(network, from.subnetId)),
      aclPortsOut(network, nat.subnetId, STRANGER),
    ),
    through: [name, nat.id, nameOf(network, nat.subnetId), gateway],
  };
}

/** From a subnet to an AWS service: through its endpoint if there is one, else through the internet. */
export function toAwsService(
  network: Network,
  service: string,
  from: { subnetId: string; groupIds: readonly string[]; publicAddress: boolean },
): Way {
  const endpoint = network.endpoints.find((one) => one.service.endsWith(`.${service}`));
  if (endpoint?.kind === 'interface' && endpoint.privateDns)
    return toInterfaceEndpoint(network, endpoint, from);
  if (endpoint?.kind === 'gateway') {
    const route = routesOf(network, from.subnetId).find((one) => one.target === endpoint.id && one.active);
    if (route) {
      return {
        ports: intersection(
          groupPorts(network, from.groupIds, 'egress', { kind: 'prefix-list', id: route.destination }),
          // The service's addresses are public ones.
          aclPortsOut(network, from.subnetId, STRANGER),
        ),
        through: [nameOf(network, from.subnetId), endpoint.id],
      };
    }
  }
  return toInternet(network, from);
}

function toInterfaceEndpoint(
  network: Network,
  endpoint: Endpoint,
  from: { subnetId: string; groupIds: readonly string[] },
): Way {
  // Prefers an address in the same zone; otherwise takes any.
  const zone = subnetOf(network, from.subnetId)?.zone;
  const nearest = endpoint.subnetIds.toSorted(
    (a, b) => Number(subnetOf(network, b)?.zone === zone) - Number(subnetOf(network, a)?.zone === zone),
  )[0];
  if (!nearest) return stopped(`endpoint ${endpoint.id} has no subnet`);
  const way = within(network, from, { subnetId: nearest, groupIds: endpoint.groupIds });
  return way.stoppedBy ? way : { ...way, through: [nameOf(network, from.subnetId), endpoint.id] };
}

function subnetOf(network: Network, id: string): Subnet | undefined {
  return network.subnets.find((subnet) => subnet.id === id);
}

export function nameOf(network: Network, subnetId: string): string {
  return subnetOf(network, subnetId)?.name ?? subnetId;
}

function cidrOf(network: Network, subnetId: string): string {
  return subnetOf(network, subnetId)?.cidr ?? STRANGER;
}
