import type { AclEntry, Network } from '../reachability/network.ts';
import { linkPrefix } from './interfaces.ts';
import { matchPorts } from './security-groups.ts';

/**
 * The ACL of each subnet as iptables rules that see every packet: entries in the order of their numbers, the first match
 * decides, the last entry denies. They are stateless and do not apply to traffic within a subnet.
 * https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
 */
export function networkAclRules(network: Network): string[] {
  return network.subnets.flatMap(({ id, networkAclId }) => {
    const prefix = linkPrefix(network, id);
    const acl = network.networkAcls.find((one) => one.id === networkAclId);
    const chain = (name: string, egress: boolean): string[] => [
      `:${name} - [0:0]`,
      ...(acl?.entries ?? [])
        .filter((entry) => entry.egress === egress && !entry.cidr.includes(':'))
        .toSorted((a, b) => a.number - b.number)
        .flatMap((entry) => matchPorts(entry).map((ports) => `-A ${name} ${decide(entry, ports)}`)),
      `-A ${name} -j DROP`,
    ];
    return [
      ...chain(`acl-${prefix}out`, true),
      ...chain(`acl-${prefix}in`, false),
      `-A FORWARD -i ${prefix}+ ! -o ${prefix}+ -j acl-${prefix}out`,
      `-A FORWARD -o ${prefix}+ ! -i ${prefix}+ -j acl-${prefix}in`,
    ];
  });
}

function decide({ egress, cidr, allow }: AclEntry, ports: string): string {
  return `${egress ? '-d' : '-s'} ${cidr} ${ports}-j ${allow ? 'RETURN' : 'DROP'}`;
}
