import { type GroupRule, type Network, ALL_PORTS, type PortRange } from '../reachability/network.ts';
import type { Interface } from './interfaces.ts';
import { prefixListRanges } from './route-tables.ts';

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

const NUMBERS: Record<string, string> = { '1': 'icmp', '6': 'tcp', '17': 'udp' };

/**
 * The protocol and destination ports of a rule as iptables arguments, each followed by a space. A protocol without ports
 * passes as a whole.
 */
export function matchPorts({ protocol, ports }: { protocol: string; ports: PortRange }): string[] {
  if (protocol === '-1') return [''];
  const name = NUMBERS[protocol] ?? protocol;
  const hasPorts = name === 'tcp' || name === 'udp';
  if (!hasPorts || (ports.from === ALL_PORTS.from && ports.to === ALL_PORTS.to)) return [`-p ${name} `];
  return [`-p ${name} --dport ${ports.from}:${ports.to} `];
}
