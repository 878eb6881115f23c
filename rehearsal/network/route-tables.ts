import type { Network, Route } from '../reachability/network.ts';
import { ENDPOINT_LINK, INTERNET_LINK } from './internet-gateway.ts';
import type { Interface } from './interfaces.ts';

/** Linux reserves the tables below 256. */
const FIRST_TABLE = 1000;
const LOCAL_RULE = 100;
const SUBNET_RULE = 200;

/** Addresses at the other ends of the router's links. */
interface NextHops {
  internet: string;
  services: string;
}

/** Number of a subnet's route table. */
export function tableOf(network: Network, subnetId: string): number {
  const id = network.subnets.find((subnet) => subnet.id === subnetId)?.routeTableId;
  const index = network.routeTables.findIndex((table) => table.id === id);
  return FIRST_TABLE + (index === -1 ? network.routeTables.length : index);
}

/**
 * The VPC's route tables as Linux's: the narrowest route wins, traffic within the VPC takes the local one, and traffic
 * without a route is dropped. As lines for `ip -batch`. https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html
 */
export function routeLines(network: Network, nats: ReadonlyMap<string, Interface>, next: NextHops): string[] {
  return network.routeTables.flatMap(({ routes }, index) =>
    routes.flatMap((route) =>
      rangesOf(route).map(
        (range) => `route add table ${FIRST_TABLE + index} ${toLine(network, route, range, nats, next)}`,
      ),
    ),
  );
}

export function localRules(network: Network): string[] {
  return [
    `route add blackhole ${network.vpc.cidr}`,
    // Dropped silently, as on AWS.
    'route add blackhole default',
    `rule add pref ${LOCAL_RULE} to ${network.vpc.cidr} lookup main`,
  ];
}

/** Packets from an interface use its subnet's table. */
export function subnetRule(network: Network, { link, subnetId }: Interface): string {
  return `rule add pref ${SUBNET_RULE} iif ${link} lookup ${tableOf(network, subnetId)}`;
}

function rangesOf({ destination, target }: Route): string[] {
  if (target === 'local' || destination.includes(':')) return [];
  return destination.startsWith('pl-') ? prefixListRanges(destination) : [destination];
}

function toLine(
  network: Network,
  { target, active }: Route,
  range: string,
  nats: ReadonlyMap<string, Interface>,
  next: NextHops,
): string {
  const nat = nats.get(target);
  if (active && nat) return `${range} via ${nat.address} dev ${nat.link} onlink`;
  if (active && network.internetGateways.includes(target))
    return `${range} via ${next.internet} dev ${INTERNET_LINK}`;
  if (active && network.endpoints.some(({ id, kind }) => id === target && kind === 'gateway'))
    return `${range} via ${next.services} dev ${ENDPOINT_LINK}`;
  return `blackhole ${range}`;
}

/**
 * Addresses of the AWS services that have a prefix list: documentation addresses (RFC 5737) instead of Amazon's.
 * https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
 */
export const GATEWAY_SERVICES = '192.0.2.224/28';

/** The ranges of a prefix list; the VPC's gateway endpoints (S3, DynamoDB) are the only ones that have one here. */
export function prefixListRanges(id: string): string[] {
  return id.startsWith('pl-') ? [GATEWAY_SERVICES] : [];
}
