import type { Task } from '@a2a-js/sdk';
import type { AgentExecutionEvent, ServerCallContext } from '@a2a-js/sdk/server';

/** What is known of tasks that this process does not run: another process runs them, ran them, or died in the middle. */
export interface RemoteTasks {
  /** The task as it stands by now. */
  refresh(task: Task, context: ServerCallContext): Promise<Task>;
  /** The task and then what happens to it, until it is settled. */
  follow(
    task: Task,
    context: ServerCallContext,
  ): Promise<{ task: Task; events: AsyncGenerator<AgentExecutionEvent, void, undefined> }>;
  /** Has whoever works on the task stop. */
  cancel(task: Task, context: ServerCallContext): Promise<void>;
}
