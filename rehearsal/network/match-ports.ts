import { ALL_PORTS, type PortRange } from '../reachability/network.ts';

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
