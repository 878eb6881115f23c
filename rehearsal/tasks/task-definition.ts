import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { HealthCheck } from './container-health.ts';
import { readContainerLimits, type ContainerLimits } from './container-limits.ts';

/** A registered task definition, reduced to what decides how its container runs. */
export interface TaskPlan {
  arn: string;
  /** Such as lornu-staging-agent:3. */
  name: string;
  taskRoleArn: string | undefined;
  executionRoleArn: string | undefined;
  /** 1024 are one processor. */
  cpuUnits: number;
  /** A task that uses more is killed by the kernel. */
  memoryMb: number;
  container: {
    name: string;
    image: string;
    /** Replaces the image's command. */
    command: string[] | undefined;
    port: number;
    limits: ContainerLimits;
    environment: Record<string, string>;
    secrets: { name: string; valueFrom: string }[];
    healthCheck: HealthCheck | undefined;
    stopTimeoutS: number;
    logGroup: string | undefined;
    /** Names the runtime. */
    logStreamPrefix: string | undefined;
  };
}

/** AWS's defaults for missing settings. */
const STOP_TIMEOUT_S = 30;

/**
 * Reads what RegisterTaskDefinition stored. One container with one port is what this environment has; anything else is
 * refused, never left out. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
 */
export function readTaskDefinition(definition: TaskDefinition): TaskPlan {
  const [container, ...others] = definition.containerDefinitions ?? [];
  if (!container || others.length > 0)
    throw new Error('a task with other than one container is not rehearsed');
  const [mapping, ...moreMappings] = container.portMappings ?? [];
  if (!mapping?.containerPort || moreMappings.length > 0) {
    throw new Error('a container with other than one port is not rehearsed');
  }
  for (const name of ['entryPoint', 'dependsOn', 'environmentFiles', 'mountPoints', 'volumesFrom'] as const) {
    if (container[name]?.length) throw new Error(`${name} is not rehearsed`);
  }
  return {
    arn: definition.taskDefinitionArn ?? '',
    name: `${definition.family}:${definition.revision}`,
    taskRoleArn: definition.taskRoleArn,
    executionRoleArn: definition.executionRoleArn,
    cpuUnits: Number(definition.cpu ?? 1024),
    memoryMb: container.memory ?? Number(definition.memory),
    container: {
      name: container.name ?? '',
      image: container.image ?? '',
      command: container.command?.length ? container.command : undefined,
      port: mapping.containerPort,
      limits: readContainerLimits(container),
      environment: Object.fromEntries(
        (container.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
      ),
      secrets: (container.secrets ?? []).map(({ name = '', valueFrom = '' }) => ({ name, valueFrom })),
      healthCheck: readHealthCheck(container),
      stopTimeoutS: container.stopTimeout ?? STOP_TIMEOUT_S,
      logGroup: container.logConfiguration?.options?.['awslogs-group'],
      logStreamPrefix: container.logConfiguration?.options?.['awslogs-stream-prefix'],
    },
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
function readHealthCheck({ healthCheck }: ContainerDefinition): HealthCheck | undefined {
  const [kind, ...command] = healthCheck?.command ?? [];
  if (!healthCheck || kind === undefined || kind === 'NONE') return undefined;
  if (kind !== 'CMD' && kind !== 'CMD-SHELL') throw new Error(`a health check by ${kind} is not rehearsed`);
  return {
    command,
    shell: kind === 'CMD-SHELL',
    intervalS: healthCheck.interval ?? 30,
    timeoutS: healthCheck.timeout ?? 5,
    retries: healthCheck.retries ?? 3,
    startPeriodS: healthCheck.startPeriod ?? 0,
  };
}
