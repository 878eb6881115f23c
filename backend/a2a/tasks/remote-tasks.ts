import type { Task } from '@a2a-js/sdk';
import type { AgentExecutionEvent, ServerCallContext } from '@a2a-js/sdk/server';

/**
 * Access to tasks that this process does not execute: another process executes them, has executed them, or died while
 * it did.
 */
export interface RemoteTasks {
  /** The task in its current state. */
  refresh(task: Task, context: ServerCallContext): Promise<Task>;
  /** Yields the task and then its events, until it is settled. */
  follow(
    task: Task,
    context: ServerCallContext,
  ): Promise<{ task: Task; events: AsyncGenerator<AgentExecutionEvent, void, undefined> }>;
  /** Makes the process that executes the task stop it. */
  cancel(task: Task, context: ServerCallContext): Promise<void>;
}
