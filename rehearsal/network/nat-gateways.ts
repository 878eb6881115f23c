import type { NatGateway, Network } from '../reachability/network.ts';

/**
 * NAT gateways. Each has an interface in its subnet, whose public address is the elastic address.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html
 */
export function workingNatGateways({ natGateways }: Network): NatGateway[] {
  return natGateways.filter(({ available, publicAddress }) => available && publicAddress !== undefined);
}

/** A connection without a byte for this long is dropped. https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html */
const IDLE_S = 350;

/** Makes a namespace a NAT gateway: it forwards packets of the VPC under its own address and accepts no others. */
export function natScript(owner: string, address: string, vpcCidr: string): string {
  return `ip netns exec ${owner} sh -e <<'NAT'
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects
echo 0 > /proc/sys/net/ipv4/conf/eth0/send_redirects
iptables-restore <<'RULES'
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -s ${vpcCidr} -j ACCEPT
COMMIT
*nat
-A POSTROUTING -s ${vpcCidr} ! -d ${vpcCidr} -j SNAT --to-source ${address}
COMMIT
RULES
echo ${IDLE_S} > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established
NAT
`;
}
