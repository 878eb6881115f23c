import type { AwsClients } from '../emulator/aws-clients.ts';
import type { SideDoor } from '../emulator/side-door.ts';
import type { EcsAccount } from './account.ts';
import { idOf } from './asked-tasks.ts';
import { readService } from './read-service.ts';

/**
 * Resets the emulator's view: tasks and targets of an earlier runner are removed, and the wanted deployment is in
 * progress again, even if it had failed.
 */
export async function beginAnew(
  { ecs }: Pick<AwsClients, 'ecs'>,
  sideDoor: SideDoor,
  account: EcsAccount,
  { cluster, service }: { cluster: string; service: string },
): Promise<void> {
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const { taskArns = [] } = await ecs.listTasks({ cluster, desiredStatus });
    for (const arn of taskArns) await sideDoor.forgetTask(cluster, idOf(arn));
  }
  const wanted = await readService(ecs, cluster, service);
  const group = wanted?.targetGroupArn;
  if (group) {
    const states = await account.targetStates(group);
    const registered = [...states].flatMap(([id, state]) => (state === 'draining' ? [] : [id]));
    await account.deregister(group, registered);
    await sideDoor.reportTargetHealth(
      group,
      [...states.keys()].map((id) => ({ id, state: 'unused' })),
    );
  }
  const [primary] = wanted?.deployments ?? [];
  if (!primary) return;
  const nothing = { runningCount: 0, pendingCount: 0 };
  await sideDoor.reportService(cluster, service, {
    ...nothing,
    deployments: [{ id: primary.id, ...nothing, failedTasks: 0, rolloutState: 'IN_PROGRESS' }],
    expectedPrimary: primary.id,
  });
}
