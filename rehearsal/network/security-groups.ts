import type { GroupRule, Network } from '../reachability/network.ts';
import type { Interface } from './interfaces.ts';
import { matchPorts } from './match-ports.ts';
import { prefixListRanges } from './prefix-lists.ts';

/**
 * Egress and ingress of an interface's groups as iptables rules. Groups only allow, and they are stateful: responses of
 * an allowed connection pass (render-rules.ts). A reference to a group means the private addresses of its members.
 * https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
 */
export function securityGroupRules(
  network: Network,
  { link, groupIds }: Interface,
  all: readonly Interface[],
): string[] {
  if (!groupIds) return [];
  const groups = network.securityGroups.filter(({ id }) => groupIds.includes(id));
  const chain = (name: string, rules: readonly GroupRule[], side: '-s' | '-d'): string[] => [
    ...rules.flatMap((rule) =>
      peersOf(rule, all).flatMap((range) =>
        matchPorts(rule).map((ports) => `-A ${name} ${side} ${range} ${ports}-j RETURN`),
      ),
    ),
    `-A ${name} -j DROP`,
  ];
  return [
    `:out-${link} - [0:0]`,
    `:in-${link} - [0:0]`,
    ...chain(
      `out-${link}`,
      groups.flatMap(({ egress }) => egress),
      '-d',
    ),
    ...chain(
      `in-${link}`,
      groups.flatMap(({ ingress }) => ingress),
      '-s',
    ),
    `-A FORWARD -i ${link} -j out-${link}`,
    `-A FORWARD -o ${link} -j in-${link}`,
  ];
}

/** IPv6 ranges do not matter in a VPC without IPv6. */
function peersOf({ peer }: GroupRule, all: readonly Interface[]): string[] {
  if ('cidr' in peer) return peer.cidr.includes(':') ? [] : [peer.cidr];
  if ('prefixList' in peer) return prefixListRanges(peer.prefixList);
  return all.filter(({ groupIds }) => groupIds?.includes(peer.group)).map(({ address }) => `${address}/32`);
}
