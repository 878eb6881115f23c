import type { Task } from '@a2a-js/sdk';
import type { Run } from '../../runs/run.ts';

/** Metadata keys that hold a task's run id and invocation id. */
const RUN_ID_KEY = 'lornuRunId';
const INVOCATION_ID_KEY = 'lornuInvocationId';
/** Runs of the same invocation before the current one: their questions have been answered. */
const EARLIER_RUN_IDS_KEY = 'lornuEarlierRunIds';

export const runIdOf = (task: Task): string | undefined => textUnder(task, RUN_ID_KEY);
export const invocationIdOf = (task: Task): string | undefined => textUnder(task, INVOCATION_ID_KEY);

/** The runs of the task so far, the current one included. */
export function runIdsOf(task: Task): string[] {
  const earlier: unknown = task.metadata?.[EARLIER_RUN_IDS_KEY];
  const ids = Array.isArray(earlier) ? earlier.filter((id): id is string => typeof id === 'string') : [];
  const current = runIdOf(task);
  return current === undefined ? ids : [...ids, current];
}

/** The metadata of a task whose current run is `run`; `earlierIds`: runs of its invocation that count no longer. */
export function metadataOf(
  run: Pick<Run, 'id' | 'invocationId'>,
  earlierIds: readonly string[],
): Record<string, unknown> {
  return {
    [RUN_ID_KEY]: run.id,
    [INVOCATION_ID_KEY]: run.invocationId,
    ...(earlierIds.length > 0 ? { [EARLIER_RUN_IDS_KEY]: earlierIds } : {}),
  };
}

function textUnder({ metadata }: Task, key: string): string | undefined {
  const value: unknown = metadata?.[key];
  return typeof value === 'string' ? value : undefined;
}
