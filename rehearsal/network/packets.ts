import { groupPorts } from '../reachability/group-ports.ts';
import type { Network } from '../reachability/network.ts';
import type { PortSet } from '../reachability/port-set.ts';
import { internetGatewayOf, STRANGER } from '../reachability/routes.ts';
import { fromInternet, toAwsService, toInternet, within, type Way } from '../reachability/ways.ts';
import type { Interface } from './interfaces.ts';
import { AWS_SERVICES, PEER_CLIENT } from './outside.ts';
import type { WantedInterface } from './vpc.ts';

/** A packet to send, and whether by the computation it arrives and its response returns. */
export interface Packet {
  /** An owner of interfaces, or the internet. */
  from: string;
  /** Only if the sender has several addresses. */
  source?: string;
  /** The owner of the address. */
  to: string;
  address: string;
  port: number;
  protocol: 'tcp' | 'udp';
  arrives: boolean;
}

/** One port of each kind in the rules, and neighbouring ports. */
const PORTS = [22, 53, 80, 443, 3306, 8080, 8443, 8999];
const DATAGRAM_PORTS = [53, 443];
const OPEN_GROUP = 'sg-that-sends-everything';
const STRANGER_ADDRESS = STRANGER.replace('/32', '');

/** The owners attached to a network for the test: one of each kind in each subnet, and strangers. */
export function interfacesToTry(network: Network): WantedInterface[] {
  const { loadBalancer, service, endpoints, subnets, securityGroups } = network;
  const publicAddress = (is: boolean, index: number) => (is ? { publicAddress: `192.0.2.${index}` } : {});
  const isPublic = subnets.find(({ id }) => internetGatewayOf(network, id));
  const [inside] = service.subnetIds;
  const closed = securityGroups.find(({ name }) => name === 'default');
  return [
    ...loadBalancer.subnetIds.map((subnetId, index) => ({
      owner: `load-balancer-${index}`,
      subnetId,
      groupIds: loadBalancer.groupIds,
      ...publicAddress(loadBalancer.internetFacing, 11 + index),
    })),
    ...service.subnetIds.map((subnetId, index) => ({
      owner: `task-${index}`,
      subnetId,
      groupIds: service.groupIds,
      ...publicAddress(service.publicAddress, 21 + index),
    })),
    // Strangers get a route, so that only the security groups can stop them.
    ...(isPublic
      ? [
          {
            owner: 'exposed-task',
            subnetId: isPublic.id,
            groupIds: service.groupIds,
            ...publicAddress(true, 31),
          },
        ]
      : []),
    ...(inside && closed ? [{ owner: 'forgotten', subnetId: inside, groupIds: [closed.id] }] : []),
    ...(inside ? [{ owner: 'neighbour', subnetId: inside, groupIds: [OPEN_GROUP] }] : []),
    ...endpoints.flatMap(({ id, kind, subnetIds, groupIds }) =>
      kind === 'interface'
        ? subnetIds.map((subnetId, index) => ({ owner: `${id}-${index}`, subnetId, groupIds }))
        : [],
    ),
  ];
}

/** The network with an additional neighbour whose group allows all egress, so that the other side's groups decide. */
export function withNeighbour(network: Network): Network {
  const all = { protocol: '-1', ports: { from: 0, to: 65_535 }, peer: { cidr: '0.0.0.0/0' } };
  const group = { id: OPEN_GROUP, name: 'neighbour', ingress: [], egress: [all] };
  return { ...network, securityGroups: [...network.securityGroups, group] };
}

/** Every packet to send: between all owners in both directions, and from and to the internet and AWS. */
export function packetsToSend(network: Network, attached: readonly Interface[]): Packet[] {
  const tcp = (from: string, to: string, address: string, way: Way, source?: string): Packet[] =>
    PORTS.map((port) => ({
      from,
      to,
      address,
      port,
      protocol: 'tcp',
      arrives: has(way.ports, port),
      ...(source ? { source } : {}),
    }));
  const end = ({ subnetId, groupIds, publicAddress }: Interface) => ({
    subnetId,
    groupIds: groupIds ?? [],
    publicAddress: publicAddress !== undefined,
  });
  return attached.flatMap((one) => {
    const own = end(one);
    const others = attached.filter((other) => other !== one);
    const strangers = [STRANGER_ADDRESS, PEER_CLIENT];
    const wayOut = toInternet(network, own);
    return [
      ...others.flatMap((other) =>
        tcp(one.owner, other.owner, other.address, within(network, own, end(other))),
      ),
      ...strangers.flatMap((source) =>
        tcp(
          'internet',
          one.owner,
          one.publicAddress ?? one.address,
          fromInternet(network, own.subnetId, own.groupIds, own.publicAddress, `${source}/32`),
          source,
        ),
      ),
      ...tcp(one.owner, 'internet', STRANGER_ADDRESS, wayOut),
      ...DATAGRAM_PORTS.map((port): Packet => {
        const open = groupPorts(network, own.groupIds, 'egress', { kind: 'any-stranger' }, 'udp');
        const arrives = wayOut.ports.length > 0 && has(open, port);
        return { from: one.owner, to: 'internet', address: STRANGER_ADDRESS, port, protocol: 'udp', arrives };
      }),
      ...(one.owner.startsWith('task-') ? toServices(network, one, attached, tcp) : []),
    ];
  });
}

function toServices(
  network: Network,
  task: Interface,
  attached: readonly Interface[],
  tcp: (from: string, to: string, address: string, way: Way) => Packet[],
): Packet[] {
  const zoneOf = (subnetId: string) => network.subnets.find(({ id }) => id === subnetId)?.zone;
  return Object.entries(AWS_SERVICES).flatMap(([service, publicAddress]) => {
    const endpoint = network.endpoints.find((one) => one.service.endsWith(`.${service}`) && one.privateDns);
    const own = attached.filter(({ owner }) => endpoint && owner.startsWith(`${endpoint.id}-`));
    const nearest = own.find(({ subnetId }) => zoneOf(subnetId) === zoneOf(task.subnetId)) ?? own[0];
    const way = toAwsService(network, service, {
      subnetId: task.subnetId,
      groupIds: task.groupIds ?? [],
      publicAddress: task.publicAddress !== undefined,
    });
    return tcp(task.owner, service, nearest?.address ?? publicAddress, way);
  });
}

function has(ports: PortSet, port: number): boolean {
  return ports.some(({ from, to }) => from <= port && port <= to);
}
