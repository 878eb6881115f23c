import type { ECS } from '@aws-sdk/client-ecs';
import { explainAws } from '../aws/explain-aws.ts';

/** The service's state, as `judge` needs it. */
export interface ServiceView {
  deployments: {
    taskDefinition: string;
    isPrimary: boolean;
    state: string;
    reason: string;
    running: number;
    desired: number;
  }[];
  /** Time of the service's last change according to ECS, in milliseconds since the epoch; 0 if unknown. */
  changedMs: number;
  /** Status of the newest service deployment according to ECS; undefined if ECS has no record of it. */
  rollout?: { status: string; reason: string };
  /** Newest first. */
  events: string[];
}

const WHAT = "The service can't be looked at.";

/** Reads the service's state from ECS. */
export async function lookAtService(ecs: ECS, cluster: string, service: string): Promise<ServiceView> {
  try {
    const { services = [] } = await ecs.describeServices({ cluster, services: [service] });
    const [found] = services;
    const rollout = await readRollout(ecs, cluster, service);
    return {
      deployments: (found?.deployments ?? []).map((deployment) => ({
        taskDefinition: deployment.taskDefinition ?? '',
        isPrimary: deployment.status === 'PRIMARY',
        state: deployment.rolloutState ?? '',
        reason: deployment.rolloutStateReason ?? '',
        running: deployment.runningCount ?? 0,
        desired: deployment.desiredCount ?? 0,
      })),
      changedMs: Math.max(
        0,
        ...[
          ...(found?.deployments ?? []).flatMap(({ createdAt, updatedAt }) => [createdAt, updatedAt]),
          ...(found?.events ?? []).map(({ createdAt }) => createdAt),
        ].map((at) => at?.getTime() ?? 0),
      ),
      ...(rollout ? { rollout } : {}),
      events: (found?.events ?? []).map(({ message = '' }) => message),
    };
  } catch (error) {
    throw explainAws(WHAT, error);
  }
}

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html; undefined if the endpoint does
 * not support it.
 */
async function readRollout(ecs: ECS, cluster: string, service: string): Promise<ServiceView['rollout']> {
  try {
    const { serviceDeployments = [] } = await ecs.listServiceDeployments({ cluster, service, maxResults: 1 });
    const arn = serviceDeployments[0]?.serviceDeploymentArn;
    if (!arn) return undefined;
    const { serviceDeployments: described = [] } = await ecs.describeServiceDeployments({
      serviceDeploymentArns: [arn],
    });
    const [newest] = described;
    return newest?.status
      ? { status: newest.status, reason: newest.rollback?.reason ?? newest.statusReason ?? '' }
      : undefined;
  } catch {
    // The service's own deployments are sufficient; this only adds details.
    return undefined;
  }
}

/** Starts a new deployment of the unchanged service; ECS does that by itself only if something changes. */
export async function startNewDeployment(ecs: ECS, cluster: string, service: string): Promise<void> {
  try {
    await ecs.updateService({ cluster, service, forceNewDeployment: true });
  } catch (error) {
    throw explainAws('No new deployment was started.', error);
  }
}

/** Why the last tasks stopped, in ECS's words, newest first; empty if unknown. */
export async function stoppedReasons(ecs: ECS, cluster: string, service: string): Promise<string[]> {
  try {
    const { taskArns = [] } = await ecs.listTasks({
      cluster,
      serviceName: service,
      desiredStatus: 'STOPPED',
      maxResults: 10,
    });
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: taskArns });
    const reasons = tasks.flatMap(({ stoppedReason, containers = [] }) => [
      ...(stoppedReason ? [stoppedReason] : []),
      ...containers.flatMap(({ reason, exitCode, name }) =>
        reason ? [`${name}: ${reason}`] : exitCode ? [`${name}: exit code ${exitCode}`] : [],
      ),
    ]);
    return [...new Set(reasons)];
  } catch {
    return [];
  }
}
