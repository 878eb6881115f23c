import { covers, isPublic } from './cidr.ts';
import type { GroupRule, Network, SecurityGroup } from './network.ts';
import { EVERY_PORT, NO_PORTS, union, type PortSet } from './port-set.ts';

/** The other side of a security group's rule. */
export type Peer =
  | { kind: 'address'; cidr: string }
  | { kind: 'group-member'; groupIds: readonly string[]; cidrs: readonly string[] }
  | { kind: 'prefix-list'; id: string }
  /** Any internet address: a rule for one public range is enough. */
  | { kind: 'any-stranger' };

/** Ports that any of the groups allows for the peer in this direction and protocol. Security groups only allow. */
export function groupPorts(
  network: Network,
  groupIds: readonly string[],
  direction: 'ingress' | 'egress',
  peer: Peer,
  protocol: 'tcp' | 'udp' = 'tcp',
): PortSet {
  const rules = groupsOf(network, groupIds).flatMap((group) => group[direction]);
  const matching = rules.filter((rule) => speaks(rule.protocol, protocol) && concerns(rule, peer));
  return matching.reduce<PortSet>(
    (open, rule) => union(open, rule.protocol === '-1' ? EVERY_PORT : [rule.ports]),
    NO_PORTS,
  );
}

export function groupsOf(network: Network, ids: readonly string[]): SecurityGroup[] {
  return network.securityGroups.filter((group) => ids.includes(group.id));
}

function speaks(ruleProtocol: string, protocol: string): boolean {
  return ruleProtocol === '-1' || ruleProtocol === protocol;
}

function concerns({ peer: allowed }: GroupRule, peer: Peer): boolean {
  switch (peer.kind) {
    case 'address':
      return 'cidr' in allowed && covers(allowed.cidr, peer.cidr);
    case 'group-member':
      if ('group' in allowed) return peer.groupIds.includes(allowed.group);
      return 'cidr' in allowed && peer.cidrs.every((cidr) => covers(allowed.cidr, cidr));
    case 'prefix-list':
      // S3's ranges are public addresses, so a rule for everywhere covers them too.
      return (
        ('prefixList' in allowed && allowed.prefixList === peer.id) ||
        ('cidr' in allowed && allowed.cidr === '0.0.0.0/0')
      );
    case 'any-stranger':
      return 'cidr' in allowed && isPublic(allowed.cidr);
  }
}
