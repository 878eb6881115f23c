import type { ChangeAction } from '@aws-sdk/client-route-53';
import { cutNat } from '@lornu/rehearsal/breaks/network-breaks.ts';
import type { ProbeAnswer } from '@lornu/rehearsal/network/probe.ts';
import { GOOGLE_SERVICES, PUBLIC_RESOLVER } from '@lornu/rehearsal/network/outside.ts';
import { readAppliedNetwork } from '@lornu/rehearsal/run/applied-network.ts';
import type { Standing } from '@lornu/rehearsal/run/standing.ts';
import type { ServedRehearsal } from '@lornu/rehearsal/serve/served.ts';
import { join } from 'node:path';
import { root } from './kit.ts';

const EVERYWHERE = '0.0.0.0/0';
/** Two seconds on a quiet machine; a busy one takes longer, and that is no fault of the network's. */
const LONGEST_MS = 60_000;

/** Something that somebody changes in the account, and takes back. */
interface Change {
  what: string;
  make: () => Promise<unknown>;
  takeBack: () => Promise<unknown>;
  /** Whether it is in force, seen from where traffic is. */
  isFelt: () => Promise<boolean>;
}

/** Makes each change and takes it back; how many milliseconds until it was felt, and until it was not any more. */
export async function changeInUse(
  standing: Standing,
  served: ServedRehearsal,
): Promise<{ what: string; feltMs: number; overMs: number }[]> {
  const seen = [];
  for (const change of await changes(standing, served)) {
    if (await change.isFelt()) throw new Error(`${change.what}: is so before it was done`);
    await change.make();
    const feltMs = await until(change, true);
    await change.takeBack();
    seen.push({ what: change.what, feltMs, overMs: await until(change, false) });
  }
  return seen;
}

async function changes({ clients, ...standing }: Standing, served: ServedRehearsal): Promise<Change[]> {
  const { ec2 } = clients;
  const network = await readAppliedNetwork({ clients, ...standing });
  const [task] = served.tasks();
  const subnet = network.subnets.find(({ id }) => network.service.subnetIds.includes(id));
  let giveBack = async (): Promise<void> => {};
  // Not one of Terraform's own rules: it would not know the one that takes its place.
  const http = {
    GroupId: network.service.groupIds[0],
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: EVERYWHERE }] }],
  };
  const entry = { NetworkAclId: subnet?.networkAclId, RuleNumber: 1, Egress: true };
  const gemini = GOOGLE_SERVICES.gemini.address;
  const isCutOff = async (): Promise<boolean> =>
    (await probe(served, task?.id ?? '', gemini, 443)) === 'nothing';
  return [
    {
      what: 'the route to the NAT gateway is removed',
      make: async () => void (giveBack = await cutNat({ clients, ...standing })),
      takeBack: async () => giveBack(),
      isFelt: isCutOff,
    },
    {
      what: "the tasks' group is widened, then narrowed",
      make: async () => ec2.authorizeSecurityGroupEgress(http),
      takeBack: async () => ec2.revokeSecurityGroupEgress(http),
      isFelt: async () => (await probe(served, task?.id ?? '', gemini, 80)) !== 'nothing',
    },
    {
      // Of one address alone: with the load balancer's checks cut off, ECS would replace the tasks.
      what: 'an ACL cuts Gemini off',
      make: async () =>
        ec2.createNetworkAclEntry({
          ...entry,
          Protocol: '-1',
          CidrBlock: `${gemini}/32`,
          RuleAction: 'deny',
        }),
      takeBack: async () => ec2.deleteNetworkAclEntry(entry),
      isFelt: isCutOff,
    },
    await recordLost(clients, served),
  ];
}

async function recordLost({ route53 }: Standing['clients'], served: ServedRehearsal): Promise<Change> {
  const name = new URL(served.publicUrl).hostname;
  const { HostedZones } = await route53.listHostedZones({});
  const HostedZoneId = HostedZones?.[0]?.Id;
  const { ResourceRecordSets } = await route53.listResourceRecordSets({ HostedZoneId });
  const record = ResourceRecordSets?.find(({ Name, Type }) => Name === `${name}.` && Type === 'A');
  const change = async (Action: ChangeAction) =>
    route53.changeResourceRecordSets({
      HostedZoneId,
      ChangeBatch: { Changes: [{ Action, ResourceRecordSet: record }] },
    });
  return {
    what: "the service's name is removed from its zone",
    make: async () => change('DELETE'),
    takeBack: async () => change('UPSERT'),
    isFelt: async () => (await resolve(served, name)).length === 0,
  };
}

/** Addresses that the internet's resolver has for a name. */
export async function resolve(served: ServedRehearsal, name: string): Promise<string[]> {
  const program = `
    const resolver = new (require('node:dns').promises.Resolver)();
    resolver.setServers([${JSON.stringify(PUBLIC_RESOLVER)}]);
    console.log(JSON.stringify(await resolver.resolve4(${JSON.stringify(name)}).catch(() => [])));`;
  const child = Bun.spawn(served.vpc?.inside([process.execPath, '-e', program], 'internet') ?? [], {
    stdout: 'pipe',
  });
  return JSON.parse(await new Response(child.stdout).text()) as string[];
}

async function probe(
  served: ServedRehearsal,
  taskId: string,
  address: string,
  port: number,
): Promise<ProbeAnswer | undefined> {
  const program = [process.execPath, join(root, 'rehearsal/network/probe.ts')];
  const child = Bun.spawn(served.vpc?.inside(program, `task-${taskId}`) ?? [], {
    stdin: new Blob([JSON.stringify([{ address, port, protocol: 'tcp' }])]),
    stdout: 'pipe',
  });
  return (JSON.parse(await new Response(child.stdout).text()) as ProbeAnswer[])[0];
}

async function until({ what, isFelt }: Change, wanted: boolean): Promise<number> {
  const beganMs = performance.now();
  for (;;) {
    const askedMs = performance.now();
    if ((await isFelt()) === wanted) return Math.round(askedMs - beganMs);
    if (performance.now() - beganMs > LONGEST_MS)
      throw new Error(`${what}: not ${wanted ? 'felt' : 'over'} within ${LONGEST_MS / 1000} s`);
    await Bun.sleep(50);
  }
}
