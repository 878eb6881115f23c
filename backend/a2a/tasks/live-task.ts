import { type Message, Role, type Task, TaskState } from '@a2a-js/sdk';
import { A2AError } from '@a2a-js/sdk/errors';
import { AgentEvent, type AgentExecutionEvent } from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import type { Logger } from '../../observability/logger.ts';
import { textPart } from '../executor/parts.ts';
import { applyEvent } from './apply-event.ts';
import { isSettled, stateOf } from './states.ts';
import { TaskHasEnded } from './stored-tasks.ts';

export interface LiveTaskOptions {
  taskId: string;
  contextId: string;
  /** Stores the task in its current state. */
  save: (task: Task) => Promise<void>;
  /** Called for every event, with the task after that event. */
  onEvent: (event: AgentExecutionEvent, task: Task | undefined) => void;
  /** Called when the work is in vain: the task could not be stored at its start, or another process has ended it. */
  onLost: () => void;
  log: Logger;
  now: () => number;
}

const DONE = { done: true, value: undefined } as const;

const FAILED = 'The agent failed; the log says why.';

/**
 * A task that this process is executing. It continues without listeners: each event is applied, stored and then
 * delivered, in order. Chunks of an answer are not stored one by one, as other processes read them from the run.
 */
export class LiveTask {
  readonly #options: LiveTaskOptions;
  readonly #listeners = new Set<(event: AgentExecutionEvent | undefined) => void>();
  readonly #ended = Promise.withResolvers<void>();
  #work: Promise<void> = Promise.resolve();
  /** Number of queued steps (apply, store, deliver) that are not done. */
  #waiting = 0;
  #task: Task | undefined;
  #message: Message | undefined;
  /** Why the message is refused. If it waits for its turn in a task that has ended: unless its turn begins after all. */
  #refusal: unknown;
  #isOver = false;

  constructor(options: LiveTaskOptions) {
    this.#options = options;
  }

  /** Resolves when the executor has finished and everything is stored; never rejects. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The current task; undefined until the executor's first event. */
  get task(): Task | undefined {
    const task = this.#task;
    return task && { ...task, artifacts: [...task.artifacts], history: [...task.history] };
  }

  /** The executor's message, if it answers without creating a task. */
  get message(): Message | undefined {
    return this.#message;
  }

  take(event: AgentExecutionEvent): void {
    // A chunk is not stored, so it is delivered at once unless earlier events are still being stored.
    if (this.#waiting === 0 && event.kind === 'artifactUpdate') {
      if (!this.#isOver && this.#refusal === undefined) this.#show(event);
      return;
    }
    this.#then(async () => this.#apply(event));
  }

  #then(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#work = this.#work.then(work).finally(() => (this.#waiting -= 1));
  }

  /** The executor has finished. An error before its first event is thrown to the caller; a later one fails the task. */
  finish(failure?: { error: unknown }): void {
    this.#then(async () => {
      if (failure && !this.#task && !this.#message) this.#refusal ??= failure.error;
      else if (failure) {
        this.#options.log.error('an A2A task failed', { taskId: this.#options.taskId, error: failure.error });
        await this.#apply(this.#failed(wordsOf(failure.error)));
      }
      this.#isOver = true;
      this.#tell(undefined);
      this.#ended.resolve();
    });
  }

  /**
   * Events from now on, until the task is settled or the executor finishes. Throws the error with which the executor
   * refused the message. Call it before the first await, or events are missed.
   */
  events(): AsyncIterableIterator<AgentExecutionEvent> {
    const waiting: (AgentExecutionEvent | undefined)[] = this.#isOver ? [undefined] : [];
    let wake: (() => void) | undefined;
    let isDone = false;
    const hear = (event: AgentExecutionEvent | undefined) => {
      waiting.push(event);
      wake?.();
    };
    const leave = () => {
      isDone = true;
      this.#listeners.delete(hear);
      hear(undefined);
    };
    this.#listeners.add(hear);
    // Not a generator: every chunk passes here, and a generator awaits several times per chunk.
    return {
      next: async () => {
        if (isDone) return DONE;
        // `return()` also wakes this loop, with nothing in the queue.
        while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const event = waiting.shift();
        if (!event || isLast(event)) leave();
        if (event) return { done: false, value: event };
        if (this.#refusal !== undefined) throw this.#refusal;
        return DONE;
      },
      return: async () => {
        leave();
        return DONE;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async #apply(event: AgentExecutionEvent): Promise<void> {
    if (this.#isOver) return;
    if (this.#refusal instanceof TaskHasEnded) {
      if (event.kind !== 'statusUpdate' || event.data.status?.state !== TaskState.TASK_STATE_WORKING) return;
      // The turn of the message has begun, so the message is in the session.
      const { ended } = this.#refusal;
      this.#refusal = undefined;
      return this.#adopt(ended, true);
    }
    if (event.kind === 'artifactUpdate') {
      this.#show(event);
      return;
    }
    if (event.kind === 'message') this.#message = event.data;
    const isFirst = this.#task === undefined;
    // Nobody is shown a state before it is stored.
    const next = applyEvent(this.task, event);
    if (next && event.kind !== 'message') {
      try {
        await this.#options.save(next);
      } catch (error) {
        if (error instanceof TaskHasEnded) return this.#endedElsewhere(error, next, isFirst);
        this.#options.log.error('an A2A task could not be stored', { taskId: this.#options.taskId, error });
        // A later change is delivered even if it could not be stored: other processes read it from the run.
        if (isFirst) return this.#lose(error);
      }
    }
    this.#task = next;
    this.#tell(event);
    this.#options.onEvent(event, next);
  }

  #show(event: AgentExecutionEvent): void {
    this.#task = applyEvent(this.#task, event);
    this.#tell(event);
    this.#options.onEvent(event, this.#task);
  }

  /** Another process has ended the task. A message that was to continue it is refused, unless its turn has begun. */
  #endedElsewhere(error: TaskHasEnded, next: Task, isFirst: boolean): void {
    this.#options.onLost();
    if (isFirst && stateOf(next) === TaskState.TASK_STATE_SUBMITTED) this.#refusal = error;
    else this.#adopt(error.ended, isFirst);
  }

  /** The listeners are told the end that another process has stored. */
  #adopt(ended: Task, isFirst: boolean): void {
    this.#task = ended;
    const { id: taskId, contextId, status } = ended;
    const event = isFirst
      ? AgentEvent.task(ended)
      : AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined });
    this.#isOver = true;
    this.#tell(event);
    this.#options.onEvent(event, ended);
  }

  /** The task could not be stored with the message: the message is refused and the executor is stopped. */
  #lose(error: unknown): void {
    this.#task = undefined;
    this.#refusal = error;
    this.#isOver = true;
    this.#tell(undefined);
    this.#options.onLost();
  }

  #failed(words: string): AgentExecutionEvent {
    const { taskId, contextId, now } = this.#options;
    const message: Message = {
      messageId: crypto.randomUUID(),
      role: Role.ROLE_AGENT,
      parts: [textPart(words)],
      taskId,
      contextId,
      extensions: [],
      referenceTaskIds: [],
      metadata: undefined,
    };
    const status = {
      state: TaskState.TASK_STATE_FAILED,
      message,
      timestamp: new Date(now()).toISOString(),
    };
    return AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined });
  }

  #tell(event: AgentExecutionEvent | undefined): void {
    for (const hear of this.#listeners) hear(event);
  }
}

/** Whether this is the last event for the current listeners. */
function isLast(event: AgentExecutionEvent): boolean {
  return (
    event.kind === 'message' || (event.kind === 'statusUpdate' && isSettled(event.data.status?.state ?? 0))
  );
}

/** The error text for a caller, without internal details. */
function wordsOf(error: unknown): string {
  return error instanceof AppError || error instanceof A2AError ? error.message : FAILED;
}
