import {
  CreateNetworkAclCommand,
  CreateRouteCommand,
  DeleteNetworkAclCommand,
  DeleteRouteCommand,
  DescribeNetworkAclsCommand,
  ReplaceNetworkAclAssociationCommand,
} from '@aws-sdk/client-ec2';
import type { Network } from '../reachability/network.ts';
import { readAppliedNetwork } from '../run/applied-network.ts';
import type { Standing } from '../run/standing.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { ServedTask } from '../serve/served.ts';
import { AWAY_MS, LEASE_OVER_MS, type Break } from './break.ts';
import {
  CONTINUES,
  freeze,
  LONG_WORDS,
  STREAMS,
  underStreams,
  WHOLE,
  type BreakAndMend,
} from './under-streams.ts';

const EVERYWHERE = '0.0.0.0/0';

/** Removes every route to a NAT gateway. The returned function restores them. */
export async function cutNat(standing: Standing): Promise<() => Promise<void>> {
  const { ec2 } = standing.clients;
  const routes = natRoutes(await readAppliedNetwork(standing));
  if (routes.length === 0) throw new Error('there is no route to a NAT gateway');
  await Promise.all(
    routes.map(async ({ RouteTableId }) =>
      ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: EVERYWHERE })),
    ),
  );
  return async () => {
    await Promise.all(
      routes.map(async (route) =>
        ec2.send(new CreateRouteCommand({ ...route, DestinationCidrBlock: EVERYWHERE })),
      ),
    );
  };
}

function natRoutes({ routeTables }: Network): { RouteTableId: string; NatGatewayId: string }[] {
  return routeTables.flatMap(({ id, routes }) => {
    const nat = routes.find(({ target }) => target.startsWith('nat-'));
    return nat ? [{ RouteTableId: id, NatGatewayId: nat.target }] : [];
  });
}

/**
 * Cuts a subnet off with a new network ACL that denies everything. AWS's Fault Injection Service disrupts a zone the
 * same way. The returned function restores the old ACL.
 * https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html#disrupt-connectivity
 */
async function cutSubnet({ clients: { ec2 } }: Standing, subnetId: string): Promise<() => Promise<void>> {
  const filter = { Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] };
  const associationOf = async () => {
    const { NetworkAcls } = await ec2.send(new DescribeNetworkAclsCommand(filter));
    const found = NetworkAcls?.[0]?.Associations?.find(({ SubnetId }) => SubnetId === subnetId);
    if (!found) throw new Error(`${subnetId} has no network ACL`);
    return { acl: NetworkAcls?.[0], AssociationId: found.NetworkAclAssociationId };
  };
  const before = await associationOf();
  const { NetworkAcl } = await ec2.send(new CreateNetworkAclCommand({ VpcId: before.acl?.VpcId }));
  const give = async (NetworkAclId: string | undefined): Promise<void> => {
    const { AssociationId } = await associationOf();
    await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }));
  };
  await give(NetworkAcl?.NetworkAclId);
  return async () => {
    await give(before.acl?.NetworkAclId);
    await ec2.send(new DeleteNetworkAclCommand({ NetworkAclId: NetworkAcl?.NetworkAclId }));
  };
}

/** The subnet of a task. */
async function subnetOf({ standing }: Stage, task: ServedTask): Promise<{ subnetId: string; zone: string }> {
  const network = await readAppliedNetwork(standing);
  const subnet = network.subnets.find(({ id }) => id === task.subnetId);
  if (!subnet) throw new Error(`task ${task.id} is in no subnet`);
  return { subnetId: subnet.id, zone: subnet.zone };
}

export const NETWORK_BREAKS: readonly Break[] = [
  {
    id: 'zone-gone',
    title:
      'a zone is cut off for longer than a lease: the other zone takes over its turns, and nothing is written twice',
    does: `an ACL denies everything in the private subnet of one zone for ${LEASE_OVER_MS / 1000} s under ${STREAMS} streams`,
    people:
      'answers of that zone pause, then continue in the other zone, for an open page once it connects again',
    recovery: `${CONTINUES}; ${WHOLE}; as many tasks as before are healthy`,
    needsNetwork: true,
    run: async (stage, io) => {
      const breakAndMend: BreakAndMend = async (busiest, untilMoved) => {
        const { subnetId, zone } = await subnetOf(stage, await busiest());
        io.line(`${zone} is cut off`);
        const mend = await cutSubnet(stage.standing, subnetId);
        try {
          await Promise.all([Bun.sleep(LEASE_OVER_MS), untilMoved()]);
        } finally {
          await mend();
        }
        return `${zone} was cut off`;
      };
      return underStreams(stage, breakAndMend, {
        replaces: true,
        takesOver: true,
        isSilent: true,
        words: LONG_WORDS,
      });
    },
  },
  {
    id: 'dns-gone',
    title: `DNS does not answer for ${AWAY_MS / 1000} s: turns are completed`,
    does: `the VPC's resolver is stopped (SIGSTOP) for ${AWAY_MS / 1000} s under ${STREAMS} streams`,
    people: 'nothing, or the answer pauses',
    recovery: WHOLE,
    needsNetwork: true,
    run: async (stage) =>
      underStreams(stage, async () => {
        const pid = stage.served.vpc?.resolverPid;
        if (pid === undefined) throw new Error('no resolver is running');
        await freeze(pid, AWAY_MS);
      }),
  },
  // The last one: heartbeats that come late, as after this outage, hold longer, and another zone waits for that.
  {
    id: 'nat-gone',
    title: `the route to the internet is gone for ${AWAY_MS / 1000} s: turns wait and are completed`,
    does: `every route to a NAT gateway is removed for ${AWAY_MS / 1000} s under ${STREAMS} streams`,
    people: 'the answer pauses, then continues',
    recovery: WHOLE,
    needsNetwork: true,
    run: async (stage) =>
      underStreams(stage, async () => {
        const mend = await cutNat(stage.standing);
        try {
          await Bun.sleep(AWAY_MS);
        } finally {
          await mend();
        }
      }),
  },
];
