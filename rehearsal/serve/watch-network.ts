import type { AwsClients } from '../emulator/aws-clients.ts';
import type { SideDoor } from '../emulator/side-door.ts';
import { parseServers, ask } from '../load-balancer/control.ts';
import { healthBackend } from '../network/health-checks.ts';
import { answersOf, readHostedZones, type AliasTarget, type HostedZones } from '../network/hosted-zones.ts';
import type { Resolver } from '../network/start-resolver.ts';
import type { Vpc } from '../network/vpc.ts';
import { readNetwork } from '../reachability/read-network.ts';
import type { AppliedService } from './read-applied.ts';

export interface WatchOptions {
  clients: AwsClients;
  sideDoor: Pick<SideDoor, 'networkChanges'>;
  applied: AppliedService;
  vpc: Vpc;
  /** Each with the names that it knows whatever the hosted zones say. */
  resolvers: readonly { resolver: Resolver; names: ReadonlyMap<string, readonly string[]> }[];
  /** Of the HAProxy that makes the health checks. */
  socket: string;
  balancerAddresses: readonly string[];
  onFailure: (error: unknown) => unknown;
}

export interface NetworkWatch {
  stop: () => Promise<void>;
}

/** A change must take effect within 2 s. A look that finds one takes 0.2 s on a quiet machine. */
const LOOK_EVERY_MS = 500;

/**
 * Keeps the built network as the account describes it: routes, gateways, groups, ACLs and the addresses of names. Does
 * not restart anything that runs.
 */
export async function watchNetwork(options: WatchOptions): Promise<NetworkWatch> {
  const life = new AbortController();
  let zones = await look(options);
  const loop = (async () => {
    while (!life.signal.aborted) {
      await Bun.sleep(LOOK_EVERY_MS);
      if (life.signal.aborted) return;
      try {
        zones = await look(options, zones);
      } catch (error) {
        if (!life.signal.aborted) options.onFailure(error);
        return;
      }
    }
  })();
  return {
    stop: async () => {
      life.abort();
      await loop;
    },
  };
}

/** The hosted zones, and how many changes of the network there had been when they were read. */
interface Read {
  changes: number;
  zones: HostedZones;
}

/** Reading everything is most of the work, so it is left out where nothing has changed since. */
async function look(options: WatchOptions, before?: Read): Promise<Read> {
  const { clients, sideDoor, applied, resolvers, socket, balancerAddresses } = options;
  const changes = await sideDoor.networkChanges();
  const [read, target, stats] = await Promise.all([
    before?.changes === changes ? before : readChanges(options, changes),
    readBalancerAlias(clients, applied, balancerAddresses),
    ask(socket, 'show stat -1 4 -1'),
  ]);
  const servers = parseServers(stats);
  const answers = answersOf(
    read.zones,
    new Map([target]),
    (id) => servers.find(({ backend }) => backend === healthBackend(id))?.status === 'healthy',
  );
  for (const { resolver, names } of resolvers) await resolver.answer(new Map([...answers, ...names]));
  return read;
}

async function readChanges({ clients, vpc }: WatchOptions, changes: number): Promise<Read> {
  const { network } = vpc;
  const [now, zones] = await Promise.all([
    readNetwork(clients.ec2, network.vpc.id, network.loadBalancer, network.service),
    readHostedZones(clients.route53),
  ]);
  await vpc.update(now);
  return { changes, zones };
}

/** The load balancer's own name: well while each of its target groups has a healthy target. */
async function readBalancerAlias(
  { elb }: AwsClients,
  { loadBalancerArn, targetGroupArns }: AppliedService,
  addresses: readonly string[],
): Promise<[string, AliasTarget]> {
  const { LoadBalancers } = await elb.describeLoadBalancers({ LoadBalancerArns: [loadBalancerArn] });
  const groups = await Promise.all(
    targetGroupArns.map(async (arn) => elb.describeTargetHealth({ TargetGroupArn: arn })),
  );
  const isHealthy = groups.every(({ TargetHealthDescriptions: targets = [] }) =>
    targets.some(({ TargetHealth }) => TargetHealth?.State === 'healthy'),
  );
  return [LoadBalancers?.[0]?.DNSName?.toLowerCase() ?? '', { addresses, isHealthy }];
}
