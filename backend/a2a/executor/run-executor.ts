import { type Message, type Task, TaskState } from '@a2a-js/sdk';
import { TaskNotCancelableError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import {
  AgentEvent,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import { HOPS_KEY, hopsOf, isTooFar } from '../../peer/hops.ts';
import type { StartTurn } from '../../runs/admission.ts';
import { hasEnded, isTakenUpLater, type Run, type RunService, type TurnRequest } from '../../runs/run.ts';
import type { CompositeSessionKey, SessionStore } from '../../sessions/session-store.ts';
import { isAnswer } from '../../turn/check-message.ts';
import type { Principal } from '../../identity/principal.ts';
import { principalOf, userIdOf } from '../caller.ts';
import { laterTime } from '../tasks/apply-event.ts';
import { mayConfirm } from './answers.ts';
import { toContent, withoutBytes } from './parts.ts';
import { type LoadFile, runEvents } from './run-events.ts';
import { RunTranslator } from './run-translator.ts';
import { metadataOf } from './task-run.ts';
import { whenBusyOf } from './when-busy.ts';

export interface RunExecutorDeps {
  appName: string;
  startTurn: StartTurn;
  runs: Pick<RunService, 'cancel' | 'list'>;
  sessions: Pick<SessionStore, 'createSession'>;
  loadFile: LoadFile;
  now: () => number;
}

/**
 * Executes A2A messages as turns of one app. The A2A context is a session of the caller; the task is the run, which
 * continues when its listeners disconnect.
 */
export class RunExecutor implements AgentExecutor {
  readonly #deps: RunExecutorDeps;
  readonly #running = new Map<string, { run: Run; session: CompositeSessionKey }>();

  constructor(deps: RunExecutorDeps) {
    this.#deps = deps;
  }

  async execute(request: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const { taskId, contextId, userMessage, task } = request;
    const { appName, now } = this.#deps;
    if (isTooFar(userMessage.metadata))
      throw new UnsupportedOperationError(
        'The message has passed through too many agents: ask this one directly.',
      );
    const caller = principalOf(request.context);
    const session = { appName, userId: userIdOf(caller), sessionId: contextId };
    const hops = hopsOf(userMessage.metadata);
    const whenBusy = whenBusyOf(userMessage.metadata);
    const turn: TurnRequest = {
      ...session,
      newMessage: toContent(userMessage, mayConfirm(caller)),
      streaming: true,
      ...(whenBusy ? { whenBusy } : {}),
      // The hop count is the only part of a message's metadata that reaches the agent.
      ...(hops > 0 ? { customMetadata: { [HOPS_KEY]: hops } } : {}),
    };
    const before = isAnswer(turn.newMessage) ? await this.#deps.runs.list(session) : [];
    const run = await this.#start(caller, turn);
    const earlierIds = before.flatMap(({ id, invocationId }) =>
      invocationId === run.invocationId ? [id] : [],
    );
    this.#running.set(taskId, { run, session });
    try {
      const translator = new RunTranslator({
        taskId,
        contextId,
        runId: run.id,
        mayConfirm: mayConfirm(caller),
        now,
      });
      const started: Task = {
        id: taskId,
        contextId,
        status: {
          state: run.state === 'queued' ? TaskState.TASK_STATE_SUBMITTED : TaskState.TASK_STATE_WORKING,
          message: undefined,
          timestamp: laterTime(task, new Date(now()).toISOString()),
        },
        artifacts: task?.artifacts ?? [],
        history: (task?.history ?? [userMessage]).map(withoutFiles),
        metadata: metadataOf(run, earlierIds),
      };
      bus.publish(AgentEvent.task(started));
      if (run.state === 'queued') {
        await run.started;
        if (!hasEnded(run.state)) bus.publish(translator.status(TaskState.TASK_STATE_WORKING));
      }
      const { loadFile } = this.#deps;
      for await (const event of runEvents({ run, session, translator, loadFile })) bus.publish(event);
    } catch (error) {
      // The task keeps its state. The next process that reads it brings it to its end.
      if (!isTakenUpLater(error, run)) throw error;
    } finally {
      this.#running.delete(taskId);
    }
  }

  async cancelTask(taskId: string): Promise<void> {
    const running = this.#running.get(taskId);
    if (!running) throw new TaskNotCancelableError(`Task not cancelable: ${taskId}`);
    const { run, session } = running;
    await this.#deps.runs.cancel({ session, runId: run.id });
  }

  /** A context that is new or was named by the caller has no session yet. */
  async #start(caller: Principal, turn: TurnRequest): Promise<Run> {
    try {
      return await this.#deps.startTurn(caller, turn);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'SESSION_NOT_FOUND') throw error;
    }
    const { appName, userId, sessionId } = turn;
    await this.#deps.sessions.createSession({ appName, userId, sessionId });
    return this.#deps.startTurn(caller, turn);
  }
}

function withoutFiles(message: Message): Message {
  return { ...message, parts: message.parts.map(withoutBytes) };
}
