import { DeleteCertificateCommand } from '@aws-sdk/client-acm';
import { DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteInternetGatewayCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DeleteTrustStoreCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { DeleteBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { Clients } from '../clients.ts';
import type { Kind, Ledger, Made } from './ledger.ts';

/** How to remove each kind of resource. */
const REMOVE: Record<Kind, (clients: Clients, made: Made) => Promise<unknown>> = {
  vpc: async ({ ec2 }, { id }) => ec2.send(new DeleteVpcCommand({ VpcId: id })),
  gateway: async ({ ec2 }, { id, of }) => {
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId: of })).catch(ifGone);
    return ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id }));
  },
  'route-association': async ({ ec2 }, { id }) =>
    ec2.send(new DisassociateRouteTableCommand({ AssociationId: id })),
  subnet: async ({ ec2 }, { id }) => ec2.send(new DeleteSubnetCommand({ SubnetId: id })),
  'route-table': async ({ ec2 }, { id }) => ec2.send(new DeleteRouteTableCommand({ RouteTableId: id })),
  'security-group': async ({ ec2 }, { id }) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
  role: async ({ iam }, { id }) => {
    await iam.send(new DeleteRolePolicyCommand({ RoleName: id, PolicyName: 'probe' })).catch(ifGone);
    return iam.send(new DeleteRoleCommand({ RoleName: id }));
  },
  'log-group': async ({ logs }, { id }) => logs.send(new DeleteLogGroupCommand({ logGroupName: id })),
  secret: async ({ secrets }, { id }) =>
    secrets.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true })),
  bucket: async ({ s3 }, { id }) => s3.send(new DeleteBucketCommand({ Bucket: id })),
  object: async ({ s3 }, { id, of }) => s3.send(new DeleteObjectCommand({ Bucket: of, Key: id })),
  certificate: async ({ acm }, { id }) => acm.send(new DeleteCertificateCommand({ CertificateArn: id })),
  'trust-store': async ({ elb }, { id }) => elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: id })),
  balancer: async ({ elb }, { id }) => elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: id })),
  'target-group': async ({ elb }, { id }) => elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: id })),
  cluster: async ({ ecs }, { id }) => ecs.send(new DeleteClusterCommand({ cluster: id })),
  service: async ({ ecs }, { id, of }) =>
    ecs.send(new DeleteServiceCommand({ cluster: of, service: id, force: true })),
  task: async ({ ecs }, { id, of }) => ecs.send(new StopTaskCommand({ cluster: of, task: id })),
  'task-definition': async ({ ecs }, { id }) =>
    ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: id })),
  alarm: async ({ cloudwatch }, { id }) => cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [id] })),
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
        // oxlint-disable-next-line no-await-in-loop -- the resources depend on each other
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
    // oxlint-disable-next-line no-await-in-loop -- AWS needs this time
    await Bun.sleep(Math.min(TRY_EVERY_MS, Math.max(0, deadline - Date.now())));
    waiting = left.map(({ made }) => made);
  }
}
