import type { Task } from '@a2a-js/sdk';

/** Under these names a task's metadata says which run of which invocation it is. */
export const RUN_ID_KEY = 'lornuRunId';
export const INVOCATION_ID_KEY = 'lornuInvocationId';

export const runIdOf = (task: Task): string | undefined => textUnder(task, RUN_ID_KEY);
export const invocationIdOf = (task: Task): string | undefined => textUnder(task, INVOCATION_ID_KEY);

function textUnder({ metadata }: Task, key: string): string | undefined {
  const value: unknown = metadata?.[key];
  return typeof value === 'string' ? value : undefined;
}
