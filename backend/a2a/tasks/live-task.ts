import { type Message, Role, type Task, TaskState } from '@a2a-js/sdk';
import { A2AError } from '@a2a-js/sdk/errors';
import { AgentEvent, type AgentExecutionEvent } from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import type { Logger } from '../../observability/logger.ts';
import { textPart } from '../executor/parts.ts';
import { applyEvent } from './apply-event.ts';
import { isSettled } from './states.ts';

export interface LiveTaskOptions {
  taskId: string;
  contextId: string;
  /** Stores the task as it stands. */
  save: (task: Task) => Promise<void>;
  /** Hears every event, with the task as it is after it. */
  onEvent: (event: AgentExecutionEvent, task: Task | undefined) => void;
  /** The task could not be stored at its beginning. */
  onLost: () => void;
  log: Logger;
  now: () => number;
}

const DONE = { done: true, value: undefined } as const;

const FAILED = 'The agent failed; the log says why.';

/**
 * A task while this process works on it. It goes on whoever listens: what its executor says is applied and stored in
 * order, and then told. Pieces of an answer are not stored one by one: another process reads them from the run itself.
 */
export class LiveTask {
  readonly #options: LiveTaskOptions;
  readonly #listeners = new Set<(event: AgentExecutionEvent | undefined) => void>();
  readonly #ended = Promise.withResolvers<void>();
  #work: Promise<void> = Promise.resolve();
  /** Work that has not finished. */
  #waiting = 0;
  #task: Task | undefined;
  #message: Message | undefined;
  #refusal: unknown;
  #isOver = false;

  constructor(options: LiveTaskOptions) {
    this.#options = options;
  }

  /** Resolves when the executor has come to an end and everything is stored; never rejects. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The task as it stands; undefined before its executor has said anything of it. */
  get task(): Task | undefined {
    const task = this.#task;
    return task && { ...task, artifacts: [...task.artifacts], history: [...task.history] };
  }

  /** What answers the message where no task was made of it. */
  get message(): Message | undefined {
    return this.#message;
  }

  take(event: AgentExecutionEvent): void {
    // A piece of an answer is not stored, so where nothing waits to be there is nothing to wait for.
    if (this.#waiting === 0 && event.kind === 'artifactUpdate') {
      if (!this.#isOver) this.#show(event);
      return;
    }
    this.#then(async () => this.#apply(event));
  }

  #then(work: () => Promise<void>): void {
    this.#waiting += 1;
    this.#work = this.#work.then(work).finally(() => (this.#waiting -= 1));
  }

  /** The executor is done. An error before it has said anything is the caller's answer; a later one is the task's end. */
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
   * Events from now on, until the task is settled or its executor is done. Throws what the executor refused the message
   * with. To be asked for before anything is waited for, or events are missed.
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
    // Not a generator: each piece of an answer passes here, and a generator awaits several times per piece.
    return {
      next: async () => {
        if (isDone) return DONE;
        // Who leaves wakes it too, and then nothing waits.
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
    if (event.kind === 'artifactUpdate') {
      this.#show(event);
      return;
    }
    if (event.kind === 'message') this.#message = event.data;
    const isFirst = this.#task === undefined;
    this.#task = applyEvent(this.#task, event);
    if (this.#task && event.kind !== 'message') {
      try {
        await this.#options.save(this.#task);
      } catch (error) {
        this.#options.log.error('an A2A task could not be stored', { taskId: this.#options.taskId, error });
        // Told of a later change, who listens has it all the same, and others read it from the run.
        if (isFirst) return this.#lose(error);
      }
    }
    this.#tell(event);
    this.#options.onEvent(event, this.#task);
  }

  #show(event: AgentExecutionEvent): void {
    this.#task = applyEvent(this.#task, event);
    this.#tell(event);
    this.#options.onEvent(event, this.#task);
  }

  /** A task that was never stored is none: the message is refused, and what was begun is stopped. */
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

/** Whether nothing follows for those who listen now. */
function isLast(event: AgentExecutionEvent): boolean {
  return (
    event.kind === 'message' || (event.kind === 'statusUpdate' && isSettled(event.data.status?.state ?? 0))
  );
}

/** What a caller may read of a failure: nothing of a bug. */
function wordsOf(error: unknown): string {
  return error instanceof AppError || error instanceof A2AError ? error.message : FAILED;
}
