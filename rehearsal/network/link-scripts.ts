import type { Network } from '../reachability/network.ts';
import { ENDPOINT_LINK, INTERNET_LINK } from './internet-gateway.ts';
import { gatewayOf, subnetOf, type Interface, resolverAddress, TASK_ENDPOINT } from './interfaces.ts';
import { GATEWAY_SERVICES } from './route-tables.ts';

/** The namespace of everything outside the VPC. */
export const INTERNET = 'internet';
/** Addresses between the router and the outside (RFC 6598); no program sees them. */
export const NEXT_HOPS = {
  [INTERNET_LINK]: { router: '100.64.0.1', outside: '100.64.0.2' },
  [ENDPOINT_LINK]: { router: '100.64.0.5', outside: '100.64.0.6' },
};

/** Creates the router and the outside, each with its addresses. */
export function foundationScript(network: Network, outside: readonly string[]): string {
  const own = [...network.subnets.map(gatewayOf), resolverAddress(network), TASK_ENDPOINT];
  const [internet, services] = [NEXT_HOPS[INTERNET_LINK], NEXT_HOPS[ENDPOINT_LINK]];
  return `
for name in all default; do
  echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter
  echo 0 > /proc/sys/net/ipv4/conf/$name/send_redirects
done
echo 1 > /proc/sys/net/ipv4/ip_forward
ip netns add ${INTERNET}
ip -batch - <<'END'
${own.map((address) => `addr add ${address}/32 dev lo`).join('\n')}
link add ${INTERNET_LINK} type veth peer name vpc netns ${INTERNET}
link add ${ENDPOINT_LINK} type veth peer name endpoints netns ${INTERNET}
addr add ${internet.router}/30 dev ${INTERNET_LINK}
addr add ${services.router}/30 dev ${ENDPOINT_LINK}
link set ${INTERNET_LINK} up
link set ${ENDPOINT_LINK} up
END
ip netns exec ${INTERNET} sh -e <<'OUTSIDE'
for name in all vpc endpoints; do echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter; done
ip -batch - <<'END'
link set lo up
addr add ${internet.outside}/30 dev vpc
addr add ${services.outside}/30 dev endpoints
link set vpc up
link set endpoints up
route add ${network.vpc.cidr} via ${services.router} dev endpoints
route add local ${GATEWAY_SERVICES} dev lo
${outside.map((address) => `addr add ${address}/32 dev lo`).join('\n')}
END
OUTSIDE
`;
}

/**
 * Creates an interface as a pair of ends: the router's with a route to the address, the owner's with a default route to
 * the subnet's router.
 */
export function linkScript(network: Network, one: Interface, index: number): string {
  const subnet = subnetOf(network, one.subnetId);
  const gateway = gatewayOf(subnet);
  const device = `eth${index}`;
  const table = 100 + index;
  // An owner with interfaces in several zones uses the one in the same zone.
  const near = network.subnets.filter(({ zone }) => zone === subnet.zone);
  const isPublic = one.publicAddress !== undefined;
  return `
${index === 0 ? `ip netns add ${one.owner}` : ''}
ip -batch - <<'END'
link add ${one.link} type veth peer name ${device} netns ${one.owner}
link set ${one.link} up
route add ${one.address}/32 dev ${one.link}
END
ip -n ${one.owner} -batch - <<'END'
link set lo up
addr add ${one.address}/${subnet.cidr.split('/')[1]} dev ${device} noprefixroute
link set ${device} up
route add ${gateway}/32 dev ${device} scope link
${near.map(({ cidr }) => `route replace ${cidr} via ${gateway} dev ${device} src ${one.address}`).join('\n')}
route add default via ${gateway} dev ${device} src ${one.address} metric ${table}
route add default via ${gateway} dev ${device} table ${table}
rule add pref ${table} from ${one.address} lookup ${table}
END
${isPublic ? `ip -n ${INTERNET} route replace ${one.publicAddress}/32 via ${NEXT_HOPS[INTERNET_LINK].router} dev vpc` : ''}
`;
}
