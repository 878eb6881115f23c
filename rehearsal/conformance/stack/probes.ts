import type { ContainerDefinition, CreateServiceCommandInput, Task } from '@aws-sdk/client-ecs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clients } from '../clients.ts';
import type { Ledger } from './ledger.ts';
import type { Stack } from './make-stack.ts';
import { PROBE_PORT } from './network.ts';
import type { ServiceName } from './rules.ts';

/** The image of the probe on AWS. Any image with Node.js 20 or later works. */
const IMAGE = 'public.ecr.aws/docker/library/node:22-slim';
/** An image that does not exist. */
export const MISSING_IMAGE = 'public.ecr.aws/docker/library/node:0-lornu-conformance';
export const CONTAINER = 'probe';
/** Seconds from SIGTERM to SIGKILL. */
export const STOP_TIMEOUT_S = 2;

export interface ProbeMaker {
  /** Registers a task definition of the probe with this environment; `about` replaces settings of its container. */
  register: (
    environment: Readonly<Record<string, string>>,
    about?: Partial<ContainerDefinition>,
  ) => Promise<string>;
  /** Starts one task in the cluster of the single probes, and returns its ARN. */
  run: (
    taskDefinition: string,
    override?: { command?: string[]; environment?: Record<string, string> },
  ) => Promise<string>;
  /** Adds an alarm of a scene to the ledger, so that it is removed with the rest. */
  noteAlarm: (name: string) => Promise<void>;
  describeSingle: (taskArn: string) => Promise<Task | undefined>;
  createService: (
    name: ServiceName,
    taskDefinition: string,
    about?: Partial<CreateServiceCommandInput>,
  ) => Promise<void>;
}

/** Starts probes in the stack. `graceS`: how long a new task of a service may be unhealthy, in seconds. */
export function createProbeMaker(
  { ecs }: Pick<Clients, 'ecs'>,
  ledger: Ledger,
  stack: Stack,
  graceS: number,
): ProbeMaker {
  const network = {
    awsvpcConfiguration: {
      subnets: stack.network.subnetIds,
      securityGroups: [stack.network.taskGroup],
      // The task needs a public address to pull its image and to reach AWS, because the network has no NAT gateway.
      assignPublicIp: 'ENABLED' as const,
    },
  };
  const program = readFile(join(import.meta.dir, '../probe/program.cjs'), 'utf8');
  return {
    register: async (environment, about = {}) => {
      const container: ContainerDefinition = {
        name: CONTAINER,
        image: IMAGE,
        essential: true,
        command: ['node', '-e', await program],
        portMappings: [{ containerPort: PROBE_PORT }],
        environment: Object.entries({ PORT: String(PROBE_PORT), ...environment }).map(([name, value]) => ({
          name,
          value,
        })),
        stopTimeout: STOP_TIMEOUT_S,
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': stack.logGroup,
            'awslogs-region': await ecs.config.region(),
            'awslogs-stream-prefix': 'probe',
          },
        },
        ...about,
      };
      const { taskDefinition } = await ecs.registerTaskDefinition({
        family: stack.name,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        taskRoleArn: stack.roles.task,
        executionRoleArn: stack.roles.execution,
        containerDefinitions: [container],
      });
      return ledger.add('task-definition', taskDefinition?.taskDefinitionArn);
    },
    run: async (taskDefinition, { command, environment = {} } = {}) => {
      const { tasks, failures } = await ecs.runTask({
        cluster: stack.clusters.single,
        taskDefinition,
        launchType: 'FARGATE',
        networkConfiguration: network,
        overrides: {
          containerOverrides: [
            {
              name: CONTAINER,
              ...(command ? { command } : {}),
              environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
            },
          ],
        },
      });
      if (!tasks?.[0]) throw new Error(`no task was started: ${JSON.stringify(failures)}`);
      return ledger.add('task', tasks[0].taskArn, stack.clusters.single);
    },
    noteAlarm: async (name) => void (await ledger.add('alarm', name)),
    describeSingle: async (taskArn) =>
      (await ecs.describeTasks({ cluster: stack.clusters.single, tasks: [taskArn] })).tasks?.[0],
    createService: async (serviceName, taskDefinition, about = {}) => {
      const cluster = stack.clusters[serviceName];
      await ecs.createService({
        cluster,
        serviceName,
        taskDefinition,
        desiredCount: 2,
        launchType: 'FARGATE',
        networkConfiguration: network,
        loadBalancers: [
          {
            targetGroupArn: stack.balancer.groups[serviceName],
            containerName: CONTAINER,
            containerPort: PROBE_PORT,
          },
        ],
        deploymentConfiguration: {
          maximumPercent: 200,
          minimumHealthyPercent: 100,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
        healthCheckGracePeriodSeconds: graceS,
        ...about,
      });
      await ledger.add('service', serviceName, cluster);
    },
  };
}
