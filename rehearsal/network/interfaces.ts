import { parseCidr } from '../reachability/cidr.ts';
import type { Network, Subnet } from '../reachability/network.ts';

/** An elastic network interface, with an address in a subnet. */
export interface Interface {
  /** The namespace that has it. */
  owner: string;
  /** Its link in the router. The name begins with the subnet's, so that one rule matches the whole subnet. */
  link: string;
  subnetId: string;
  address: string;
  /** Undefined if AWS has none, as for NAT gateways. */
  groupIds: readonly string[] | undefined;
  publicAddress: string | undefined;
}

/** AWS reserves the first four addresses of a subnet and the last. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED = 4;

/**
 * Gives each interface an address of its subnet and a link name. Neither is reused, so that a draining target is never
 * confused with a new one.
 */
export class InterfaceNames {
  readonly #given = new Map<string, number>();

  make(
    network: Network,
    wanted: Omit<Interface, 'link' | 'address' | 'publicAddress'> & { publicAddress?: string | undefined },
  ): Interface {
    const subnet = subnetOf(network, wanted.subnetId);
    const block = parseCidr(subnet.cidr);
    if (!block) throw new Error(`subnet ${subnet.name} has no IPv4 range`);
    const index = this.#given.get(subnet.id) ?? 0;
    const number = block.first + RESERVED + index;
    if (number >= block.last) throw new Error(`subnet ${subnet.name} has no free address left`);
    this.#given.set(subnet.id, index + 1);
    return {
      ...wanted,
      publicAddress: wanted.publicAddress,
      link: `${linkPrefix(network, subnet.id)}${index}`,
      address: toAddress(number),
    };
  }
}

/** `s2-` for the third subnet. Subnets are sorted by name, so the number does not change. */
export function linkPrefix(network: Network, subnetId: string): string {
  return `s${network.subnets.findIndex(({ id }) => id === subnetId)}-`;
}

export function subnetOf(network: Network, subnetId: string): Subnet {
  const subnet = network.subnets.find(({ id }) => id === subnetId);
  if (!subnet) throw new Error(`subnet ${subnetId} is not in the VPC`);
  return subnet;
}

/** The router's address in a subnet is its second one. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
export function gatewayOf({ cidr }: Subnet): string {
  return toAddress((parseCidr(cidr)?.first ?? 0) + 1);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
}

/** The VPC's resolver is the third address of its range. https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export function resolverAddress({ vpc }: Network): string {
  return toAddress((parseCidr(vpc.cidr)?.first ?? 0) + 2);
}

/** The address of a task's metadata and credentials. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
export const TASK_ENDPOINT = '169.254.170.2';
