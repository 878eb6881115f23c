import { createAwsClients } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { WORKSPACE, type Pipeline } from './kit.ts';

const CLUSTER = 'lornu-staging';
const SERVICE = 'agent';

/** Sets the newest deployment's result in the emulator, as ECS would; no task runs behind the small stack. */
export async function finishDeployment({ emulator, service }: Pipeline, revision: string): Promise<void> {
  const deployments = await readDeployments(emulator.url);
  const [primary] = deployments;
  if (!primary) throw new Error('the service has no deployment');
  await emulator.sideDoor.reportService(CLUSTER, SERVICE, {
    runningCount: 2,
    deployments: [
      {
        ...primary,
        runningCount: 2,
        rolloutState: 'COMPLETED',
        rolloutStateReason: 'ECS deployment completed.',
      },
    ],
  });
  service.revision = revision;
}

/**
 * Sets the circuit breaker's result if no deployment was ever completed: the newest deployment has failed, and no task
 * is started. Returns its id.
 */
export async function stallDeployment({ emulator, service }: Pipeline, reason: string): Promise<string> {
  const [primary] = await readDeployments(emulator.url);
  if (!primary) throw new Error('the service has no deployment');
  await emulator.sideDoor.reportService(CLUSTER, SERVICE, {
    runningCount: 0,
    deployments: [{ ...primary, runningCount: 0, rolloutState: 'FAILED', rolloutStateReason: reason }],
  });
  service.revision = 'none';
  return primary.id;
}

/** Waits for a deployment other than this one, and finishes it as ECS would. */
export async function finishNextDeployment(
  pipeline: Pipeline,
  after: string,
  revision: string,
): Promise<void> {
  for (;;) {
    pipeline.world.signal.throwIfAborted();
    const [primary] = await readDeployments(pipeline.emulator.url);
    if (primary && primary.id !== after) return finishDeployment(pipeline, revision);
    await Bun.sleep(200);
  }
}

/**
 * Sets the circuit breaker's result: the newest deployment fails, the previous one is primary again, and the service is
 * steady.
 */
export async function rollBackDeployment({ emulator }: Pipeline, reason: string): Promise<void> {
  const [failed, before] = await readDeployments(emulator.url);
  if (!failed || !before) throw new Error('there is no deployment to go back to');
  await emulator.sideDoor.reportService(CLUSTER, SERVICE, {
    runningCount: 2,
    taskDefinition: before.taskDefinition,
    deployments: [
      {
        ...before,
        status: 'PRIMARY',
        runningCount: 2,
        rolloutState: 'COMPLETED',
        rolloutStateReason: 'ECS deployment completed.',
      },
      { ...failed, status: 'ACTIVE', runningCount: 0, rolloutState: 'FAILED', rolloutStateReason: reason },
    ],
    events: [{ id: crypto.randomUUID(), message: '(service agent) has reached a steady state.' }],
  });
}

async function readDeployments(emulatorUrl: string): Promise<{ id: string; taskDefinition: string }[]> {
  const { ecs } = createAwsClients(emulatorUrl);
  const { services = [] } = await ecs.describeServices({ cluster: CLUSTER, services: [SERVICE] });
  return (services[0]?.deployments ?? []).map(({ id = '', taskDefinition = '' }) => ({ id, taskDefinition }));
}

/** The revision of the last apply, from the state. */
export function runningRevision({ cloud }: Pipeline): string {
  const state = cloud.state(WORKSPACE) as unknown as
    | { resources: { type: string; instances: { attributes: { container_definitions: string } }[] }[] }
    | undefined;
  const task = state?.resources.find(({ type }) => type === 'aws_ecs_task_definition');
  const definitions = task?.instances[0]?.attributes.container_definitions ?? '';
  return /LORNU_REVISION[^}]*"value":"([0-9a-f]+)"/.exec(definitions)?.[1] ?? 'nothing';
}
