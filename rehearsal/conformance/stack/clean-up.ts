import type { Clients } from '../clients.ts';
import type { Kind, Ledger, Made } from './ledger.ts';

/** How to remove each kind of resource. */
const REMOVE: Record<Kind, (clients: Clients, made: Made) => Promise<unknown>> = {
  vpc: async ({ ec2 }, { id }) => ec2.deleteVpc({ VpcId: id }),
  gateway: async ({ ec2 }, { id, of }) => {
    await ec2.detachInternetGateway({ InternetGatewayId: id, VpcId: of }).catch(ifGone);
    return ec2.deleteInternetGateway({ InternetGatewayId: id });
  },
  'route-association': async ({ ec2 }, { id }) => ec2.disassociateRouteTable({ AssociationId: id }),
  subnet: async ({ ec2 }, { id }) => ec2.deleteSubnet({ SubnetId: id }),
  'route-table': async ({ ec2 }, { id }) => ec2.deleteRouteTable({ RouteTableId: id }),
  'security-group': async ({ ec2 }, { id }) => ec2.deleteSecurityGroup({ GroupId: id }),
  role: async ({ iam }, { id }) => {
    await iam.deleteRolePolicy({ RoleName: id, PolicyName: 'probe' }).catch(ifGone);
    return iam.deleteRole({ RoleName: id });
  },
  'log-group': async ({ logs }, { id }) => logs.deleteLogGroup({ logGroupName: id }),
  secret: async ({ secrets }, { id }) =>
    secrets.deleteSecret({ SecretId: id, ForceDeleteWithoutRecovery: true }),
  bucket: async ({ s3 }, { id }) => s3.deleteBucket({ Bucket: id }),
  object: async ({ s3 }, { id, of }) => s3.deleteObject({ Bucket: of, Key: id }),
  certificate: async ({ acm }, { id }) => acm.deleteCertificate({ CertificateArn: id }),
  'trust-store': async ({ elb }, { id }) => elb.deleteTrustStore({ TrustStoreArn: id }),
  balancer: async ({ elb }, { id }) => elb.deleteLoadBalancer({ LoadBalancerArn: id }),
  'target-group': async ({ elb }, { id }) => elb.deleteTargetGroup({ TargetGroupArn: id }),
  cluster: async ({ ecs }, { id }) => ecs.deleteCluster({ cluster: id }),
  service: async ({ ecs }, { id, of }) => ecs.deleteService({ cluster: of, service: id, force: true }),
  task: async ({ ecs }, { id, of }) => ecs.stopTask({ cluster: of, task: id }),
  'task-definition': async ({ ecs }, { id }) => ecs.deregisterTaskDefinition({ taskDefinition: id }),
  alarm: async ({ cloudwatch }, { id }) => cloudwatch.deleteAlarms({ AlarmNames: [id] }),
};

/** AWS's error codes for a resource that no longer exists. */
const GONE =
  /NotFound|NoSuch|NonExistent|ServiceNotActive|ClusterNotFound|InactiveCluster|was not found|does not exist/i;
/**
 * AWS's error codes for a resource in use: by stopping tasks, by network interfaces, by a load balancer being deleted.
 */
const TRY_EVERY_MS = 5_000;

function ifGone(error: unknown): void {
  if (!GONE.test((error as Error).name) && !GONE.test(String(error))) throw error;
}

/**
 * Removes the resources of the ledger in its order. Retries those that are still in use, for at most `limitMs`. Returns
 * the remaining resources, each with AWS's reason. Deletes the ledger's file only if none remain.
 */
export async function cleanUp(
  clients: Clients,
  ledger: Ledger,
  limitMs: number,
  onStep: (what: string) => void,
): Promise<{ made: Made; why: string }[]> {
  const deadline = Date.now() + limitMs;
  let waiting = ledger.toRemove;
  for (;;) {
    const left: { made: Made; why: string }[] = [];
    for (const made of waiting) {
      try {
        // The resources depend on each other.
        await REMOVE[made.kind](clients, made).catch(ifGone);
      } catch (error) {
        left.push({ made, why: String(error) });
      }
    }
    if (left.length === 0) {
      await ledger.close();
      return [];
    }
    if (Date.now() >= deadline) return left;
    onStep(`${left.length} still in use`);
    await Bun.sleep(Math.min(TRY_EVERY_MS, Math.max(0, deadline - Date.now())));
    waiting = left.map(({ made }) => made);
  }
}
