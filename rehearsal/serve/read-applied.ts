import type { AwsClients } from '../emulator/aws-clients.ts';
import type { Standing } from '../run/standing.ts';
import { readTaskDefinition } from '../tasks/task-definition.ts';
import { readTerraform } from '../terraform/run-terraform.ts';
import { readRuntime, type Runtime } from './images.ts';

/** What the applied environment needs on Google's side. */
export interface AppliedGoogle {
  project: string;
  database: string;
  bucket: string;
  provider: string;
  serviceAccount: string;
  awsAccountId: string;
  awsRoleName: string;
  /** Issuer of the tokens of machine callers. */
  tokenIssuer: string;
  signInClient: { id: string; secret: string };
}

/** The parts of the applied environment that serving needs. */
export interface AppliedService {
  cluster: string;
  service: string;
  runtime: Runtime;
  /** The service's public address: https://aws-staging.lornu.example. */
  publicUrl: string;
  loadBalancerArn: string;
  targetGroupArns: string[];
  google: AppliedGoogle;
  /** Required audience of tokens. */
  tokenAudience: string;
}

/** Reads it from Terraform's outputs and AWS's Describe calls. */
export async function readApplied(standing: Standing): Promise<AppliedService> {
  const outputs = (await readTerraform(
    ['output', '-json'],
    standing.workspace.stackFolder('staging'),
    standing.terraform,
  )) as Record<string, { value: unknown } | undefined>;
  const output = (name: string): string => String(outputs[name]?.value);
  const cluster = output('cluster_name');
  const service = output('service_name');
  const { plan, loadBalancerArn, targetGroupArns } = await readService(standing.clients, cluster, service);
  const env = plan.container.environment;
  return {
    cluster,
    service,
    runtime: readRuntime(plan.container.logStreamPrefix),
    publicUrl: output('url'),
    loadBalancerArn,
    targetGroupArns,
    tokenAudience: env['A2A_TOKEN_AUDIENCE'] ?? output('url'),
    google: {
      project: env['GOOGLE_CLOUD_PROJECT'] ?? '',
      database: env['FIRESTORE_DATABASE'] ?? '',
      bucket: env['ARTIFACT_BUCKET'] ?? '',
      provider: env['GOOGLE_WORKLOAD_IDENTITY_AUDIENCE'] ?? '',
      serviceAccount: env['GOOGLE_SERVICE_ACCOUNT_EMAIL'] ?? '',
      awsAccountId: plan.arn.split(':')[4] ?? '',
      awsRoleName: plan.taskRoleArn?.split('/').at(-1) ?? '',
      tokenIssuer: env['A2A_TOKEN_ISSUER'] ?? '',
      signInClient: { id: 'rehearsal-web', secret: 'rehearsal-client-secret' },
    },
  };
}

async function readService({ ecs, elb }: AwsClients, cluster: string, name: string) {
  const { services } = await ecs.describeServices({ cluster, services: [name] });
  const service = services?.[0];
  const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: service?.taskDefinition });
  const targetGroupArns = (service?.loadBalancers ?? []).map(({ targetGroupArn = '' }) => targetGroupArn);
  const { TargetGroups } = await elb.describeTargetGroups({ TargetGroupArns: targetGroupArns });
  return {
    plan: readTaskDefinition(taskDefinition ?? {}),
    targetGroupArns,
    loadBalancerArn: TargetGroups?.[0]?.LoadBalancerArns?.[0] ?? '',
  };
}
