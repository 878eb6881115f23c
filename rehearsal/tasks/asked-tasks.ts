import type { ECS, Task } from '@aws-sdk/client-ecs';
import type { RunningTask } from './running-task.ts';

/** Requests for single tasks since the last poll, besides the service's own. */
export interface AskedTasks {
  /** By RunTask. */
  toStart: Task[];
  /** By StopTask, with the reason given. */
  toStop: { task: RunningTask; reason: string }[];
}

/**
 * Finds RunTask and StopTask requests in the lists: a task that was not started here must be started; one of ours that
 * is no longer listed as wanted must be stopped.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
 */
export class TaskRequests {
  /** Tasks that were wanted before: only then does their absence mean a stop. */
  readonly #seen = new Set<string>();
  readonly #ecs: ECS;
  readonly #cluster: string;

  constructor(ecs: ECS, cluster: string) {
    this.#ecs = ecs;
    this.#cluster = cluster;
  }

  async look(own: readonly RunningTask[]): Promise<AskedTasks> {
    const { taskArns = [] } = await this.#ecs.listTasks({ cluster: this.#cluster, desiredStatus: 'RUNNING' });
    const meant = new Set(taskArns.map(idOf));
    const ids = new Set(own.map(({ id }) => id));
    const gone = own.filter(
      ({ id, phase }) =>
        this.#seen.has(id) && !meant.has(id) && (phase === 'starting' || phase === 'running'),
    );
    for (const id of meant) this.#seen.add(id);
    const [toStart, stopped] = await Promise.all([
      this.#describe([...meant].filter((id) => !ids.has(id))),
      this.#describe(gone.map(({ id }) => id)),
    ]);
    return {
      toStart: toStart.filter(({ lastStatus }) => lastStatus === 'PROVISIONING'),
      toStop: gone.map((task) => ({
        task,
        reason:
          stopped.find(({ taskArn = '' }) => idOf(taskArn) === task.id)?.stoppedReason ??
          'Task stopped by user',
      })),
    };
  }

  async #describe(ids: readonly string[]): Promise<Task[]> {
    if (ids.length === 0) return [];
    const { tasks } = await this.#ecs.describeTasks({ cluster: this.#cluster, tasks: [...ids] });
    return tasks ?? [];
  }
}

/** The last part of a task's ARN. */
export function idOf(arn: string): string {
  return arn.split('/').at(-1) ?? '';
}
