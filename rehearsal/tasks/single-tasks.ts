import type { ECS, Task } from '@aws-sdk/client-ecs';
import type { SideDoor } from '../emulator/side-door.ts';
import type { EcsAccount } from './account.ts';
import { idOf } from './asked-tasks.ts';
import { readService } from './read-service.ts';
import type { RunningTask } from './running-task.ts';
import type { TaskNetwork } from './task-network.ts';
import type { TaskSettings } from './task-settings.ts';

export interface SingleTasksDeps {
  ecs: ECS;
  sideDoor: Pick<SideDoor, 'reportTask'>;
  cluster: string;
  /** The service from which a task takes its subnet and its security groups where RunTask does not tell them. */
  service: string;
  account: EcsAccount;
  network: TaskNetwork;
  run: (settings: TaskSettings) => RunningTask;
}

/** The tasks that RunTask starts, besides those of the service. */
export class SingleTasks {
  readonly #deps: SingleTasksDeps;
  readonly #tasks = new Set<RunningTask>();

  constructor(deps: SingleTasksDeps) {
    this.#deps = deps;
  }

  get tasks(): Iterable<RunningTask> {
    return this.#tasks;
  }

  /** Starts a task, with its overrides of command and environment. One that can't run is stopped with the reason. */
  async start(task: Task): Promise<void> {
    const { run, sideDoor, cluster } = this.#deps;
    const id = idOf(task.taskArn ?? '');
    try {
      this.#tasks.add(run(await this.#settingsOf(task, id)));
    } catch (error) {
      await sideDoor.reportTask(cluster, id, {
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        stopCode: 'TaskFailedToStart',
        stoppedReason: error instanceof Error ? error.message : String(error),
      });
    }
  }

  forgetStopped(): void {
    for (const task of this.#tasks) if (task.phase === 'stopped') this.#tasks.delete(task);
  }

  async #settingsOf(task: Task, id: string): Promise<TaskSettings> {
    const { ecs, cluster, service, account, network } = this.#deps;
    const plan = await account.plan(task.taskDefinitionArn ?? '');
    const override = task.overrides?.containerOverrides?.find(({ name }) => name === plan.container.name);
    const wanted = await readService(ecs, cluster, service);
    const subnetId = subnetOf(task) ?? wanted?.subnetIds[0] ?? '';
    const zones = await account.zones([subnetId]);
    const environment = (override?.environment ?? []).map(({ name = '', value = '' }) => [name, value]);
    return {
      id,
      plan,
      deploymentId: undefined,
      group: task.group ?? '',
      startedBy: task.startedBy,
      ...(await network.join({
        id,
        port: plan.container.port,
        subnetId,
        // DescribeTasks does not tell them.
        groupIds: wanted?.groupIds ?? [],
        publicAddress: false,
      })),
      subnetId,
      zone: zones.get(subnetId) ?? '',
      balanced: false,
      ...(override?.command?.length ? { command: override.command } : {}),
      environment: Object.fromEntries(environment) as Record<string, string>,
    };
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html */
function subnetOf({ attachments = [] }: Task): string | undefined {
  return attachments.flatMap(({ details = [] }) => details).find(({ name }) => name === 'subnetId')?.value;
}
