import type { Task } from '@a2a-js/sdk';

/** Metadata keys that hold a task's run id and invocation id. */
export const RUN_ID_KEY = 'lornuRunId';
export const INVOCATION_ID_KEY = 'lornuInvocationId';

export const runIdOf = (task: Task): string | undefined => textUnder(task, RUN_ID_KEY);
export const invocationIdOf = (task: Task): string | undefined => textUnder(task, INVOCATION_ID_KEY);

function textUnder({ metadata }: Task, key: string): string | undefined {
  const value: unknown = metadata?.[key];
  return typeof value === 'string' ? value : undefined;
}
