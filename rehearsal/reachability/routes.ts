import { parseCidr, covers } from './cidr.ts';
import type { Network, Route } from './network.ts';

/**
 * The subnet's route for an address: the narrowest range that contains it.
 * https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html
 */
export function routeFor(network: Network, subnetId: string, destination: string): Route | undefined {
  return routesOf(network, subnetId)
    .filter((route) => covers(route.destination, destination))
    .toSorted((a, b) => size(a.destination) - size(b.destination))[0];
}

export function routesOf(network: Network, subnetId: string): Route[] {
  const tableId = network.subnets.find((subnet) => subnet.id === subnetId)?.routeTableId;
  return network.routeTables.find((table) => table.id === tableId)?.routes ?? [];
}

/** The attached internet gateway for a subnet's internet traffic; undefined in a private subnet. */
export function internetGatewayOf(network: Network, subnetId: string): string | undefined {
  const route = routeFor(network, subnetId, STRANGER);
  return route?.active && network.internetGateways.includes(route.target) ? route.target : undefined;
}

/** Represents any internet address (RFC 5737). */
export const STRANGER = '198.51.100.7/32';

function size(cidr: string): number {
  const block = parseCidr(cidr);
  return block ? block.last - block.first : Number.POSITIVE_INFINITY;
}
