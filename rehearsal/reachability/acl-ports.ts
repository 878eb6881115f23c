import { covers, overlaps } from './cidr.ts';
import { ALL_PORTS, type Network } from './network.ts';
import { difference, intersection, NO_PORTS, union, type PortSet } from './port-set.ts';

/** Ports for the responses of a connection; network ACLs are stateless, so they need their own rule. */
const EPHEMERAL = { from: 1024, to: 65_535 };
const EVERYWHERE = '0.0.0.0/0';

/**
 * Ports on which a connection from `source` into a subnet passes that subnet's ACL, in both directions. Rules are
 * applied by number, the first match decides, and the last one denies.
 * https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
 */
export function aclPortsIn(network: Network, subnetId: string, source: string): PortSet {
  return answersPass(network, subnetId, true, source) ? aclPorts(network, subnetId, false, source) : NO_PORTS;
}

/** The same for a connection that begins in the subnet. */
export function aclPortsOut(network: Network, subnetId: string, destination: string): PortSet {
  return answersPass(network, subnetId, false, destination)
    ? aclPorts(network, subnetId, true, destination)
    : NO_PORTS;
}

function answersPass(network: Network, subnetId: string, egress: boolean, cidr: string): boolean {
  const open = intersection(aclPorts(network, subnetId, egress, cidr), [EPHEMERAL]);
  return difference([EPHEMERAL], open).length === 0;
}

function aclPorts(network: Network, subnetId: string, egress: boolean, cidr: string): PortSet {
  const aclId = network.subnets.find((subnet) => subnet.id === subnetId)?.networkAclId;
  const acl = network.networkAcls.find(({ id }) => id === aclId);
  let open: PortSet = NO_PORTS;
  let undecided: PortSet = [ALL_PORTS];
  for (const entry of (acl?.entries ?? []).toSorted((a, b) => a.number - b.number)) {
    if (entry.egress !== egress || (entry.protocol !== '-1' && entry.protocol !== 'tcp')) continue;
    // Denying some of the addresses counts as denying, because the result is for all of them.
    const fits = entry.allow
      ? covers(entry.cidr, cidr) || entry.cidr === EVERYWHERE
      : overlaps(entry.cidr, cidr);
    if (!fits) continue;
    const decided = intersection(undecided, entry.protocol === '-1' ? [ALL_PORTS] : [entry.ports]);
    if (entry.allow) open = union(open, decided);
    undecided = difference(undecided, decided);
  }
  return open;
}
