import type { Deployment, ECS } from '@aws-sdk/client-ecs';

/** The desired state of the service, from DescribeServices. */
export interface WantedService {
  desiredCount: number;
  /** Newest first; the first one is the PRIMARY. */
  deployments: WantedDeployment[];
  minimumHealthyPercent: number;
  maximumPercent: number;
  circuitBreaker: { enable: boolean; rollback: boolean };
  /** Alarms that fail a deployment; undefined if the service has none. */
  alarms: { names: string[]; enable: boolean; rollback: boolean } | undefined;
  gracePeriodS: number;
  targetGroupArn: string | undefined;
  subnetIds: string[];
  groupIds: string[];
  publicAddress: boolean;
  active: boolean;
}

export interface WantedDeployment {
  id: string;
  status: string;
  taskDefinition: string;
  rolloutState: string;
  rolloutStateReason: string;
  failedTasks: number;
}

/** Reads a service; undefined if it no longer exists. */
export async function readService(
  ecs: ECS,
  cluster: string,
  name: string,
): Promise<WantedService | undefined> {
  const { services } = await ecs.describeServices({ cluster, services: [name] });
  const [service] = services ?? [];
  if (!service) return undefined;
  const { deploymentConfiguration: configuration } = service;
  const network = service.networkConfiguration?.awsvpcConfiguration;
  const alarms = configuration?.alarms;
  return {
    desiredCount: service.desiredCount ?? 0,
    deployments: (service.deployments ?? []).map(readDeployment),
    minimumHealthyPercent: configuration?.minimumHealthyPercent ?? 100,
    maximumPercent: configuration?.maximumPercent ?? 200,
    circuitBreaker: {
      enable: configuration?.deploymentCircuitBreaker?.enable ?? false,
      rollback: configuration?.deploymentCircuitBreaker?.rollback ?? false,
    },
    alarms: alarms?.alarmNames?.length
      ? { names: alarms.alarmNames, enable: alarms.enable ?? false, rollback: alarms.rollback ?? false }
      : undefined,
    gracePeriodS: service.healthCheckGracePeriodSeconds ?? 0,
    targetGroupArn: service.loadBalancers?.[0]?.targetGroupArn,
    subnetIds: network?.subnets ?? [],
    groupIds: network?.securityGroups ?? [],
    publicAddress: network?.assignPublicIp === 'ENABLED',
    active: service.status === 'ACTIVE',
  };
}

function readDeployment(deployment: Deployment): WantedDeployment {
  return {
    id: deployment.id ?? '',
    status: deployment.status ?? '',
    taskDefinition: deployment.taskDefinition ?? '',
    rolloutState: deployment.rolloutState ?? 'IN_PROGRESS',
    rolloutStateReason: deployment.rolloutStateReason ?? '',
    failedTasks: deployment.failedTasks ?? 0,
  };
}
