import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child } from '@lornu/ops/process/child.ts';
import { claimPort } from '@lornu/ops/up/port.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { REGION } from '../emulator/aws-clients.ts';
import { ask } from '../load-balancer/control.ts';
import { edgeWays, type EndpointAddresses, type StandInPorts } from '../network/edge-ways.ts';
import { namesInVpc, namesOutside } from '../network/names.ts';
import { healthCheckBackends } from '../network/health-checks.ts';
import { readHostedZones } from '../network/hosted-zones.ts';
import { INTERNET } from '../network/link-scripts.ts';
import {
  BALANCER_ADDRESSES,
  OUTSIDE_ADDRESSES,
  PUBLIC_RESOLVER,
  type GoogleService,
} from '../network/outside.ts';
import { renderEdge } from '../network/render-edge.ts';
import { resolverAddress } from '../network/interfaces.ts';
import { startResolver } from '../network/start-resolver.ts';
import { Vpc } from '../network/vpc.ts';
import { readAppliedNetwork } from '../run/applied-network.ts';
import type { Standing } from '../run/standing.ts';
import type { Pace } from '../tasks/pace.ts';
import type { TaskNetwork } from '../tasks/task-network.ts';
import type { GcpAgent } from './gcp-agent.ts';
import type { GoogleSide } from './google-side.ts';
import type { AppliedService } from './read-applied.ts';
import { runHaproxy } from './run-haproxy.ts';
import { watchNetwork, type NetworkWatch } from './watch-network.ts';
import type { Step } from '@lornu/ops/steps/run-steps.ts';

/** The applied VPC while it is served: tasks and load balancer are in it, the stand-ins outside of it. */
export interface ServedVpc {
  tasks: TaskNetwork;
  /** Loopback port to which the tasks' fixed agent address leads. */
  agentPort: number;
  balancer: { addresses: string[]; enter: (command: readonly string[]) => string[] };
  /** The loopback port that leads to the load balancer's port, for each. */
  doors: Record<number, number>;
  /** Addresses that called a way so far. */
  callersOf: (service: GoogleService) => Promise<string[]>;
  /** A command in a namespace: `internet`, a task's (task-ID), or the router's where none is named. */
  inside: (command: readonly string[], name?: string) => string[];
  /** The process id of the DNS resolver in the VPC. */
  resolverPid: number;
  children: Child[];
  stop: () => Promise<void>;
}

/** What the stand-ins outside of the VPC are here. */
interface Stands {
  google: GoogleSide | undefined;
  peer: GcpAgent | undefined;
  applied: AppliedService;
  pace: Pace;
  onFailure: (error: unknown) => unknown;
  /** Wanted loopback ports of the listeners' ports. */
  ports: Readonly<Record<number, number>> | undefined;
}

/** Builds the VPC with the load balancer's and the endpoints' interfaces, its names, and the border to this machine. */
export async function startAppliedVpc(
  standing: Standing,
  stands: Stands,
  context: StartContext,
): Promise<ServedVpc> {
  const folder = join(context.dataDir, 'network');
  await mkdir(folder, { recursive: true });
  const network = await readAppliedNetwork(standing);
  const vpc = await Vpc.build(network, OUTSIDE_ADDRESSES);
  const children: Child[] = [];
  let watch: NetworkWatch | undefined;
  const stop = async (): Promise<void> => {
    await watch?.stop();
    await Promise.all(children.map(async (child) => child.stop()));
    await vpc.close();
  };
  try {
    const { loadBalancer } = network;
    const nodes = await vpc.attach(
      ...loadBalancer.subnetIds.map((subnetId, index) => ({
        owner: 'load-balancer',
        subnetId,
        groupIds: loadBalancer.groupIds,
        ...(loadBalancer.internetFacing ? { publicAddress: BALANCER_ADDRESSES[index] ?? '' } : {}),
      })),
    );
    const endpoints = await attachEndpoints(vpc);
    const agentPort = await claimPort(0);
    const doors: Record<number, number> = {};
    for (const { port } of loadBalancer.listeners)
      doors[port] = await claimPort(stands.ports?.[port] ?? 0, './lornu rehearse serve');
    const socket = join(folder, 'edge.sock');
    const configPath = join(folder, 'edge.cfg');
    const certificate = join(standing.workspace.folder, 'outside.pem');
    const ways = edgeWays({
      certificate,
      standIns: standInPorts(stands),
      signInPort: stands.google?.signInPort,
      emulatorPort: standing.emulator.port,
      agentPort,
      endpoints,
      nodes,
      doors,
    });
    const { healthChecks, records } = await readHostedZones(standing.clients.route53);
    const more = healthCheckBackends(healthChecks, stands.pace.factor);
    await writeFile(configPath, renderEdge(ways, socket, more), { mode: 0o600 });
    const edge = await runHaproxy(
      {
        name: 'The border of the network',
        configPath,
        logName: 'edge',
        enter: vpc.world.beside,
        isReady: async () => ask(socket, 'show info').then(Boolean, () => false),
      },
      context,
    );
    children.push(edge);
    const address = resolverAddress(network);
    const resolver = await startResolver(
      { name: 'vpc', address, folder, inside: (command) => vpc.world.inside(command) },
      context,
    );
    children.push(resolver.child);
    const publicResolver = await startResolver(
      {
        name: 'internet',
        address: PUBLIC_RESOLVER,
        folder,
        // All names have the same TTL: the longest TTL of the records, at the rehearsal's pace.
        ttlS: Math.round(Math.max(0, ...records.map(({ ttlS }) => ttlS)) / stands.pace.factor),
        inside: (command) => vpc.world.inside(command, INTERNET),
      },
      context,
    );
    children.push(publicResolver.child);
    watch = await watchNetwork({
      clients: standing.clients,
      sideDoor: standing.emulator.sideDoor,
      applied: stands.applied,
      vpc,
      resolvers: [
        { resolver, names: namesInVpc(REGION, endpoints) },
        { resolver: publicResolver, names: namesOutside(REGION) },
      ],
      socket,
      balancerAddresses: nodes.flatMap(({ publicAddress }) => publicAddress ?? []),
      onFailure: stands.onFailure,
    });
    const resolvConf = join(folder, 'resolv.conf');
    await writeFile(resolvConf, `nameserver ${address}\n`);
    return {
      tasks: createTaskNetwork(vpc, resolvConf),
      agentPort,
      balancer: {
        addresses: nodes.map((node) => node.address),
        enter: (command) => vpc.world.inside(command, 'load-balancer'),
      },
      doors,
      callersOf: async (service) => {
        const table = await ask(socket, `show table ${service}`);
        return [...table.matchAll(/key=(\S+)/g)].map(([, caller = '']) => caller);
      },
      inside: (command, name) => vpc.world.inside(command, name),
      resolverPid: resolver.child.pid,
      children,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function standInPorts({ google, peer }: Pick<Stands, 'google' | 'peer'>): StandInPorts {
  if (!google) return {};
  const { gemini, firestore, storage } = google;
  const port = (url: string): number => Number(new URL(url).port);
  return {
    gemini: port(gemini.url),
    firestore: port(`http://${firestore.host}`),
    storage: port(storage.url),
    google: port(google.google.url),
    ...(peer ? { peer: port(peer.url) } : {}),
  };
}

function createTaskNetwork(vpc: Vpc, resolvConf: string): TaskNetwork {
  return {
    join: async ({ id, subnetId, groupIds }) => {
      const owner = `task-${id}`;
      const [{ address }] = await vpc.attach({ owner, subnetId, groupIds });
      return {
        address,
        namespace: {
          path: vpc.world.pathOf(owner),
          resolver: resolverAddress(vpc.network),
          enter: (command) => vpc.world.withResolver(command, owner, resolvConf),
        },
      };
    },
    leave: async (id) => vpc.detach(`task-${id}`),
  };
}

async function attachEndpoints(vpc: Vpc): Promise<EndpointAddresses> {
  const made = new Map<string, { owner: string; addresses: string[]; privateDns: boolean }>();
  for (const { id, kind, service, subnetIds, groupIds, privateDns } of vpc.network.endpoints) {
    if (kind !== 'interface') continue;
    const interfaces = await vpc.attach(...subnetIds.map((subnetId) => ({ owner: id, subnetId, groupIds })));
    made.set(service.split('.').slice(3).join('.'), {
      owner: id,
      addresses: interfaces.map(({ address }) => address),
      privateDns,
    });
  }
  return made;
}

/** The first step of serving: reports whether traffic flows through the applied network, and otherwise the reason. */
export function sayNetwork(whyLoopback: string | undefined): Step {
  return {
    id: 'which-network',
    title:
      whyLoopback === undefined ? 'Traffic flows through the applied network' : 'Traffic flows on loopback',
    run: async () => whyLoopback ?? 'in network namespaces of this command',
  };
}
