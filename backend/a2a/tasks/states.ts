import { type Task, TaskState } from '@a2a-js/sdk';
import { ENDED_STATES } from '../../tasks/task-records.ts';

const INTERRUPTED: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_INPUT_REQUIRED,
  TaskState.TASK_STATE_AUTH_REQUIRED,
]);

export function stateOf({ status }: Pick<Task, 'status'>): TaskState {
  return status?.state ?? TaskState.TASK_STATE_UNSPECIFIED;
}

/** Whether a task in this state can no longer change. */
export const isTerminal = (state: TaskState): boolean => ENDED_STATES.includes(state);

/** Whether a task in this state waits for input. */
export const isInterrupted = (state: TaskState): boolean => INTERRUPTED.has(state);

/** Whether a task in this state has ended or waits for input: streams and waiting calls end there. */
export const isSettled = (state: TaskState): boolean => isTerminal(state) || isInterrupted(state);
