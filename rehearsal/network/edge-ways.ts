import { type Interface, TASK_ENDPOINT } from './interfaces.ts';
import { INTERNET } from './link-scripts.ts';
import { AWS_SERVICES, CLIENTS, GOOGLE_SERVICES, PEER_CLIENT, type GoogleService } from './outside.ts';
import type { EdgeWay } from './render-edge.ts';
import { MIDDLE } from './world.ts';

/** Loopback ports of the stand-ins that run. */
export type StandInPorts = Partial<Record<GoogleService, number>>;
/** Owner and addresses of each interface endpoint, by the last part of its service's name. */
export type EndpointAddresses = ReadonlyMap<
  string,
  { owner: string; addresses: string[]; privateDns: boolean }
>;

export interface EdgeOptions {
  /** Certificate for every name outside the VPC; PEM. */
  certificate: string;
  standIns: StandInPorts;
  /** Where a browser on this machine signs in at the stand-in for Google. */
  signInPort: number | undefined;
  emulatorPort: number;
  /** Where the tasks' agent listens. */
  agentPort: number;
  endpoints: EndpointAddresses;
  /** The load balancer's public addresses. */
  nodes: readonly Interface[];
  /** Loopback ports that lead to the load balancer's ports. */
  doors: Readonly<Record<number, number>>;
}

/** Every path between the rehearsal's network and this machine. */
export function edgeWays(options: EdgeOptions): EdgeWay[] {
  return [
    ...toStandIns(options),
    ...toAws(options),
    {
      name: 'agent',
      from: { address: TASK_ENDPOINT, port: 80, namespace: MIDDLE },
      to: [loopback(options.agentPort)],
    },
    ...toBalancer(options),
  ];
}

function toStandIns({ standIns, signInPort, certificate }: EdgeOptions): EdgeWay[] {
  const tls = { certificate, protocol: 'http/1.1' } as const;
  const services = Object.entries(GOOGLE_SERVICES).flatMap(([name, { address }]): EdgeWay[] => {
    const port = standIns[name as GoogleService];
    if (port === undefined) return [];
    const from = { address, port: 443, namespace: INTERNET };
    // Firestore is only called over gRPC.
    return [
      { name, from, tls: name === 'firestore' ? { ...tls, protocol: 'h2' } : tls, to: [loopback(port)] },
    ];
  });
  if (standIns.google === undefined || signInPort === undefined) return services;
  return [...services, { name: 'sign-in', from: loopback(signInPort), tls, to: [loopback(standIns.google)] }];
}

function toAws({ emulatorPort, certificate, endpoints }: EdgeOptions): EdgeWay[] {
  const way = (name: string, namespace: string, address: string): EdgeWay => ({
    name,
    from: { address, port: 443, namespace },
    tls: { certificate, protocol: 'http/1.1' },
    to: [loopback(emulatorPort)],
  });
  return [
    ...Object.entries(AWS_SERVICES).map(([service, address]) => way(`aws-${service}`, INTERNET, address)),
    ...[...endpoints.values()].flatMap(({ owner, addresses }) =>
      addresses.map((address, index) => way(`${owner}-${index}`, owner, address)),
    ),
  ];
}

/** From this machine's loopback, as clients on the internet, to each public address of the load balancer in turn. */
function toBalancer({ nodes, doors }: EdgeOptions): EdgeWay[] {
  const reached = nodes.flatMap(({ publicAddress }) => publicAddress ?? []);
  return Object.entries(doors).map(([port, door]) => ({
    name: `door-${port}`,
    from: loopback(door),
    to: (port === '80' || port === '443' ? CLIENTS : [PEER_CLIENT]).flatMap((source) =>
      reached.map((address) => ({ address, port: Number(port), namespace: INTERNET, source })),
    ),
  }));
}

function loopback(port: number): { address: string; port: number } {
  return { address: '127.0.0.1', port };
}
