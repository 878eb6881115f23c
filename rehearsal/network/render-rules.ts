import type { Network } from '../reachability/network.ts';
import { ENDPOINT_LINK, internetGatewayNat, internetGatewayRules } from './internet-gateway.ts';
import { type Interface, resolverAddress, TASK_ENDPOINT } from './interfaces.ts';
import { networkAclRules } from './network-acls.ts';
import { securityGroupRules } from './security-groups.ts';

/**
 * All rules of the router for iptables-restore, which applies them at once: ACLs see every packet, then responses of
 * allowed connections pass, then gateways and groups decide about new connections. Neither ACLs nor groups apply to the
 * VPC's resolver and to a task's own endpoint.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html (what they do not filter)
 */
export function renderRules(network: Network, interfaces: readonly Interface[]): string {
  const lines = [
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    ...['udp', 'tcp'].map(
      (protocol) => `-A INPUT -i s+ -d ${resolverAddress(network)} -p ${protocol} --dport 53 -j ACCEPT`,
    ),
    `-A INPUT -i s+ -d ${TASK_ENDPOINT} -p tcp --dport 80 -j ACCEPT`,
    '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    ...interfaces.flatMap(sourceCheck),
    ...networkAclRules(network),
    '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    `-A FORWARD -i ${ENDPOINT_LINK} -j DROP`,
    ...internetGatewayRules(interfaces),
    ...interfaces.flatMap((one) => securityGroupRules(network, one, interfaces)),
    '-A FORWARD -j ACCEPT',
    'COMMIT',
    '*nat',
    ...internetGatewayNat(interfaces),
    'COMMIT',
  ];
  return `${chainsFirst(lines).join('\n')}\n`;
}

/** An interface sends only from its own address, except that of a NAT gateway. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html */
function sourceCheck({ link, address, groupIds }: Interface): string[] {
  return groupIds ? [`-A FORWARD -i ${link} ! -s ${address} -j DROP`] : [];
}

/** A chain must be declared before a rule refers to it. */
function chainsFirst(lines: readonly string[]): string[] {
  const end = lines.indexOf('COMMIT');
  const filter = lines.slice(1, end);
  const isChain = (line: string): boolean => line.startsWith(':');
  return [
    '*filter',
    ...filter.filter(isChain),
    ...filter.filter((line) => !isChain(line)),
    ...lines.slice(end),
  ];
}
