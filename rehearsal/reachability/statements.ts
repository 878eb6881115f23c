import { groupPorts, groupsOf } from './group-ports.ts';
import type { Network } from './network.ts';
import { describePorts, intersection, NO_PORTS, ports, samePorts, union, type PortSet } from './port-set.ts';
import { fromInternet, toAwsService, toInternet, within, type Way } from './ways.ts';

/** One sentence about the applied network that must hold. */
export interface Statement {
  id: string;
  sentence: string;
  holds: boolean;
  expected: string;
  seen: string;
  /** Ids and names on the path, in order; empty if there is none. */
  through: string[];
}

const HTTPS = ports(443);
const PUBLIC_PORTS = ports(80, 443);
/** AWS APIs that a task or its start needs, by the last part of the endpoint's name. */
const AWS_SERVICES = ['secretsmanager', 'ecr.api', 'ecr.dkr', 'logs', 's3'];

/** Who can reach whom, for every zone and every TCP port, from the network only. */
export function evaluateNetwork(network: Network): Statement[] {
  return [
    ...intoLoadBalancer(network),
    ...intoTasks(network),
    ...outOfTasks(network),
    closedDefault(network),
  ];
}

function intoLoadBalancer(network: Network): Statement[] {
  const { loadBalancer } = network;
  const ways = loadBalancer.subnetIds.map((subnetId) =>
    fromInternet(network, subnetId, loadBalancer.groupIds, loadBalancer.internetFacing),
  );
  const listened = ports(...loadBalancer.listeners.map(({ port }) => port));
  return [
    statement(
      'internet-load-balancer',
      'From the internet the load balancer can be reached on 80 and 443, on nothing else.',
      {
        expected: PUBLIC_PORTS,
        ways: ways.map((way) => ({ ...way, ports: intersection(way.ports, listened) })),
      },
    ),
    statement(
      'internet-load-balancer-groups',
      'Its security group opens no port to everybody on which nothing listens.',
      {
        expected: PUBLIC_PORTS,
        ways: [
          {
            ports: groupPorts(network, loadBalancer.groupIds, 'ingress', {
              kind: 'address',
              cidr: '198.51.100.7/32',
            }),
            through: [],
          },
        ],
      },
    ),
  ];
}

function intoTasks(network: Network): Statement[] {
  const { loadBalancer, service } = network;
  const fromBalancer = service.subnetIds.flatMap((to) =>
    loadBalancer.subnetIds.map((from) =>
      within(
        network,
        { subnetId: from, groupIds: loadBalancer.groupIds },
        { subnetId: to, groupIds: service.groupIds },
      ),
    ),
  );
  return [
    statement('internet-tasks', 'From the internet no task can be reached.', {
      expected: NO_PORTS,
      ways: service.subnetIds.map((subnetId) =>
        fromInternet(network, subnetId, service.groupIds, service.publicAddress),
      ),
    }),
    statement(
      'strangers-tasks',
      "The tasks' security group lets no address of the internet in, even if a way were made.",
      {
        expected: NO_PORTS,
        ways: (['tcp', 'udp'] as const).map((protocol) => ({
          ports: groupPorts(network, service.groupIds, 'ingress', { kind: 'any-stranger' }, protocol),
          through: [],
        })),
      },
    ),
    statement(
      'load-balancer-tasks',
      `The load balancer reaches every task on ${service.containerPort}, on no other port.`,
      {
        expected: ports(service.containerPort),
        ways: fromBalancer,
      },
    ),
    onlyFromLoadBalancer(network),
  ];
}

/** Security groups only allow, so one additional source is enough to fail. */
function onlyFromLoadBalancer(network: Network): Statement {
  const { loadBalancer, service } = network;
  const sources = groupsOf(network, service.groupIds).flatMap((group) =>
    group.ingress.map(({ peer }) =>
      'group' in peer ? peer.group : 'cidr' in peer ? peer.cidr : peer.prefixList,
    ),
  );
  const others = sources.filter((source) => !loadBalancer.groupIds.includes(source));
  return {
    id: 'only-load-balancer',
    sentence: 'The tasks accept nothing from anyone but the load balancer.',
    holds: others.length === 0,
    expected: 'no other source',
    seen: others.length === 0 ? 'no other source' : others.join(', '),
    through: [],
  };
}

function outOfTasks(network: Network): Statement[] {
  const { service } = network;
  const origins = service.subnetIds.map((subnetId) => ({
    subnetId,
    groupIds: service.groupIds,
    publicAddress: service.publicAddress,
  }));
  const google = statement(
    'tasks-google',
    'Every task reaches Gemini, Firestore and the peer: the internet on 443, on nothing else.',
    { expected: HTTPS, ways: origins.map((origin) => toInternet(network, origin)) },
  );
  const aws = AWS_SERVICES.map((name) =>
    statement(`tasks-${name}`, `Every task reaches AWS's ${name} on 443, on nothing else.`, {
      expected: HTTPS,
      ways: origins.map((origin) => toAwsService(network, name, origin)),
    }),
  );
  const datagrams = statement(
    'tasks-udp',
    'No task sends datagrams to the internet: names are asked of the VPC alone.',
    {
      expected: NO_PORTS,
      ways: [
        {
          ports: groupPorts(network, service.groupIds, 'egress', { kind: 'any-stranger' }, 'udp'),
          through: [],
        },
      ],
    },
  );
  return [google, ...aws, datagrams];
}

function closedDefault(network: Network): Statement {
  const rules = network.securityGroups
    .filter((group) => group.name === 'default')
    .flatMap((group) => [...group.ingress, ...group.egress]);
  return {
    id: 'default-group',
    sentence: 'What forgets to name a security group gets one that lets nothing through.',
    holds: rules.length === 0,
    expected: 'no rule',
    seen: rules.length === 0 ? 'no rule' : `${rules.length} rules`,
    through: [],
  };
}

/** Every path must allow exactly the expected ports: one zone that is open or cut off is enough to fail. */
function statement(
  id: string,
  sentence: string,
  { expected, ways }: { expected: PortSet; ways: readonly Way[] },
): Statement {
  const wrong = ways.find((way) => !samePorts(way.ports, expected));
  const holds = ways.length > 0 && !wrong;
  const [shown = { ports: NO_PORTS, through: [], stoppedBy: 'nothing is there' }] = wrong ? [wrong] : ways;
  const seenPorts = wrong ? wrong.ports : union(...ways.map((way) => way.ports));
  return {
    id,
    sentence,
    holds,
    expected: describePorts(expected),
    seen: shown.stoppedBy ? `${describePorts(seenPorts)}: ${shown.stoppedBy}` : describePorts(seenPorts),
    through: shown.through,
  };
}
