import { type Task, TaskState } from '@a2a-js/sdk';
import {
  AgentEvent,
  type AgentExecutionEvent,
  type ServerCallContext,
  type TaskStore,
} from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import { abortableSleep } from '../../model/with-retries.ts';
import { hasEnded, type Run, type RunService } from '../../runs/run.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { disconnectedSignalOf, principalOf, userIdOf } from '../caller.ts';
import { mayConfirm } from '../executor/answers.ts';
import { type LoadFile, runEvents } from '../executor/run-events.ts';
import { RunTranslator } from '../executor/run-translator.ts';
import { textPart } from '../executor/parts.ts';
import { invocationIdOf, metadataOf, runIdOf, runIdsOf } from '../executor/task-run.ts';
import { applyEvent, laterTime } from './apply-event.ts';
import type { RemoteTasks } from './remote-tasks.ts';
import { isInterrupted, isSettled, isTerminal, stateOf } from './states.ts';
import { TaskHasEnded } from './stored-tasks.ts';

export interface RunTasksDeps {
  appName: string;
  runs: Pick<RunService, 'attach' | 'cancel' | 'list'>;
  tasks: TaskStore;
  /** Called for changes to a task that no process was executing. `owner` is the user id of the task's caller. */
  onEvent?: (event: AgentExecutionEvent, task: Task, owner: string) => void;
  loadFile: LoadFile;
  now: () => number;
}

const OUTCOME_UNKNOWN =
  'The service does not know any more how this task ended; its conversation may hold the answer.';
/** Poll interval for a task that waits for a person while a client is subscribed. */
const LOOK_EVERY_MS = 1_000;
/** Longest subscription to such a task: as long as a turn may take. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * Derives tasks from their runs. Every process can read a run's frames and cancel it, so every process produces the
 * same task as the one that executes the run. If that process died, the next process that reads the task finishes it.
 */
export class RunTasks implements RemoteTasks {
  readonly #deps: RunTasksDeps;

  constructor(deps: RunTasksDeps) {
    this.#deps = deps;
  }

  async refresh(task: Task, context: ServerCallContext): Promise<Task> {
    const session = this.#sessionOf(task, context);
    const current = await this.#resumed(task, session);
    if (isSettled(stateOf(current))) return current;
    const run = await this.#runOf(current, session);
    if (run?.state === 'running' && stateOf(current) === TaskState.TASK_STATE_SUBMITTED)
      return this.#working(current, run);
    if (run && !hasEnded(run.state)) return current;
    const settled = await this.#settle(current, run, context);
    // Its next question may have been answered too.
    return isInterrupted(stateOf(settled)) ? this.refresh(settled, context) : settled;
  }

  async follow(
    task: Task,
    context: ServerCallContext,
  ): Promise<{ task: Task; events: AsyncGenerator<AgentExecutionEvent, void, undefined> }> {
    const now = await this.refresh(task, context);
    return { task: now, events: this.#events(now, context) };
  }

  async cancel(task: Task, context: ServerCallContext): Promise<void> {
    const runId = runIdOf(task);
    if (!runId) return;
    await this.#deps.runs.cancel({ session: this.#sessionOf(task, context), runId });
  }

  async *#events(
    task: Task,
    context: ServerCallContext,
  ): AsyncGenerator<AgentExecutionEvent, void, undefined> {
    const session = this.#sessionOf(task, context);
    const current = isInterrupted(stateOf(task)) ? await this.#untilGoingOn(task, session, context) : task;
    if (!current || isTerminal(stateOf(task))) return;
    if (isSettled(stateOf(current))) {
      yield* this.#rest(task, current);
      return;
    }
    if (current !== task) yield this.#statusOf(current);
    const run = await this.#runOf(current, session);
    const signal = disconnectedSignalOf(context);
    if (run)
      for await (const event of this.#eventsOf(current, run, context, signal))
        if (event.kind !== 'statusUpdate') yield event;
    if (signal?.aborted) return;
    // The stored end counts: the task may have been cancelled while its question was being answered.
    const settled = await this.#settle(current, run, context);
    if (isSettled(stateOf(settled))) yield this.#statusOf(settled);
  }

  /** What a subscriber has missed between two states of a task, if no run is left that it could follow. */
  *#rest(before: Task, { artifacts, ...task }: Task): Generator<AgentExecutionEvent, void, undefined> {
    const known = new Set(before.artifacts.map(({ artifactId }) => artifactId));
    const { id: taskId, contextId } = before;
    const whole = { taskId, contextId, append: false, lastChunk: true, metadata: undefined };
    for (const artifact of artifacts)
      if (!known.has(artifact.artifactId)) yield AgentEvent.artifactUpdate({ ...whole, artifact });
    yield this.#statusOf({ ...task, artifacts });
  }

  /** Brings a task to the end state of its run and stores it. */
  async #settle(task: Task, run: Run | undefined, context: ServerCallContext): Promise<Task> {
    let settled: Task | undefined = { ...task, artifacts: [...task.artifacts], history: [...task.history] };
    const events: AgentExecutionEvent[] = [];
    if (run && hasEnded(run.state)) {
      for await (const event of this.#eventsOf(task, run, context)) events.push(event);
    } else if (!run) {
      const translator = this.#translator(task, { id: runIdOf(task) ?? '' }, context);
      events.push(translator.status(TaskState.TASK_STATE_FAILED, [textPart(OUTCOME_UNKNOWN)]));
    }
    for (const event of events) settled = applyEvent(settled, event);
    if (!settled) return task;
    try {
      await this.#deps.tasks.save(settled, context);
    } catch (error) {
      // Another process has done the same meanwhile: the first stored result wins.
      if (error instanceof TaskHasEnded) return error.ended;
      throw error;
    }
    const owner = userIdOf(principalOf(context));
    for (const event of events) this.#deps.onEvent?.(event, settled, owner);
    return settled;
  }

  /** A waiting task that continues because a person answered its question over the service's own API. */
  async #resumed(task: Task, session: CompositeSessionKey): Promise<Task> {
    if (!isInterrupted(stateOf(task))) return task;
    const [known, invocationId] = [runIdsOf(task), invocationIdOf(task)];
    const runs = await this.#deps.runs.list(session);
    // The oldest one, as the list is newest first: the answers may have been several.
    const answered = runs.findLast((run) => run.invocationId === invocationId && !known.includes(run.id));
    return answered ? this.#working(task, answered) : task;
  }

  #working(task: Task, run: Pick<Run, 'id' | 'invocationId'>): Task {
    return {
      ...task,
      status: {
        state: TaskState.TASK_STATE_WORKING,
        message: undefined,
        timestamp: laterTime(task, this.#time()),
      },
      metadata: metadataOf(
        run,
        runIdsOf(task).filter((id) => id !== run.id),
      ),
    };
  }

  /** The task once a message has continued it, which may have ended by then, or ask its next question. */
  async #untilGoingOn(
    task: Task,
    session: CompositeSessionKey,
    context: ServerCallContext,
  ): Promise<Task | undefined> {
    const signal = disconnectedSignalOf(context);
    const giveUpAt = performance.now() + LONGEST_WAIT_MS;
    while (performance.now() < giveUpAt) {
      await abortableSleep(LOOK_EVERY_MS, signal);
      if (signal?.aborted) return undefined;
      const stored = await this.#deps.tasks.load(task.id, context);
      if (!stored || !isInterrupted(stateOf(stored)) || runIdOf(stored) !== runIdOf(task)) return stored;
      const current = await this.#resumed(task, session);
      if (!isSettled(stateOf(current))) return current;
    }
    return undefined;
  }

  async #runOf(task: Task, session: CompositeSessionKey): Promise<Run | undefined> {
    const runId = runIdOf(task);
    if (!runId) return undefined;
    try {
      return (await this.#deps.runs.attach({ session, runId })).run;
    } catch (error) {
      if (error instanceof AppError && error.code === 'RUN_NOT_FOUND') return undefined;
      throw error;
    }
  }

  #eventsOf(
    task: Task,
    run: Run,
    context: ServerCallContext,
    signal?: AbortSignal,
  ): AsyncGenerator<AgentExecutionEvent, void, undefined> {
    const translator = this.#translator(task, run, context);
    const { loadFile } = this.#deps;
    return runEvents({ run, session: this.#sessionOf(task, context), translator, loadFile, signal });
  }

  #translator({ id, contextId }: Task, run: Pick<Run, 'id'>, context: ServerCallContext): RunTranslator {
    return new RunTranslator({
      taskId: id,
      contextId,
      runId: run.id,
      mayConfirm: mayConfirm(principalOf(context)),
      now: this.#deps.now,
    });
  }

  #statusOf({ id, contextId, status }: Task): AgentExecutionEvent {
    return AgentEvent.statusUpdate({ taskId: id, contextId, status, metadata: undefined });
  }

  #sessionOf({ contextId }: Task, context: ServerCallContext): CompositeSessionKey {
    return { appName: this.#deps.appName, userId: userIdOf(principalOf(context)), sessionId: contextId };
  }

  #time(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}
