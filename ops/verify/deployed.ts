import type { ContainerDefinition, ECS } from '@aws-sdk/client-ecs';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CliError } from '../base/cli-error.ts';

/** The account, as far as a verification reads it. */
export interface StagingAccount {
  ecs: ECS;
  elb: ElasticLoadBalancingV2;
  cluster: string;
  service: string;
}

/** What should be served, according to the account. */
export interface DeployedService {
  taskDefinition: string;
  containerName: string;
  image: string;
  revision: string | undefined;
  database: string | undefined;
  model: string | undefined;
  /** The task definition of each running task of the service. */
  running: string[];
  rollout: string | undefined;
  idleTimeoutS: number;
  subnets: string[];
  securityGroups: string[];
}

/**
 * Reads the service, its task definition, its tasks and its load balancer; if there is no service, throws an error with
 * the next step.
 */
export async function readDeployed({
  ecs,
  elb,
  cluster,
  service: name,
}: StagingAccount): Promise<DeployedService> {
  const { services = [] } = await ecs.describeServices({ cluster, services: [name] });
  const service = services.find(({ status }) => status === 'ACTIVE');
  if (!service) {
    throw new CliError({
      what: `There is no service ${name} in the cluster ${cluster}.`,
      why: 'The account has no active service of this name.',
      next: 'Pass the outputs cluster_name and service_name as --cluster and --service, or choose another region or account.',
    });
  }
  const [{ taskDefinition }, running, idleTimeoutS] = await Promise.all([
    ecs.describeTaskDefinition({ taskDefinition: service.taskDefinition }),
    readRunning(ecs, cluster, name),
    readIdleTimeout(elb, service.loadBalancers?.[0]?.targetGroupArn ?? ''),
  ]);
  const containerName = service.loadBalancers?.[0]?.containerName ?? 'agent';
  const container = taskDefinition?.containerDefinitions?.find((one) => one.name === containerName);
  const network = service.networkConfiguration?.awsvpcConfiguration;
  return {
    taskDefinition: taskDefinition?.taskDefinitionArn ?? '',
    containerName,
    image: container?.image ?? 'none',
    revision: variableOf(container, 'LORNU_REVISION'),
    database: variableOf(container, 'FIRESTORE_DATABASE'),
    model: variableOf(container, 'GEMINI_MODEL'),
    running,
    rollout: service.deployments?.find(({ status }) => status === 'PRIMARY')?.rolloutState,
    idleTimeoutS,
    subnets: network?.subnets ?? [],
    securityGroups: network?.securityGroups ?? [],
  };
}

async function readRunning(ecs: ECS, cluster: string, serviceName: string): Promise<string[]> {
  const { taskArns = [] } = await ecs.listTasks({ cluster, serviceName });
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: taskArns });
  return tasks
    .filter(({ lastStatus }) => lastStatus === 'RUNNING')
    .map(({ taskDefinitionArn = '' }) => taskDefinitionArn);
}

async function readIdleTimeout(elb: ElasticLoadBalancingV2, targetGroupArn: string): Promise<number> {
  const { TargetGroups } = await elb.describeTargetGroups({ TargetGroupArns: [targetGroupArn] });
  const { Attributes = [] } = await elb.describeLoadBalancerAttributes({
    LoadBalancerArn: TargetGroups?.[0]?.LoadBalancerArns?.[0] ?? '',
  });
  return Number(Attributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value ?? 60);
}

function variableOf(container: ContainerDefinition | undefined, name: string): string | undefined {
  return container?.environment?.find((one) => one.name === name)?.value;
}
