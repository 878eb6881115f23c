import {
  type AgentCard,
  type CancelTaskRequest,
  type GetTaskRequest,
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  type SendMessageRequest,
  type StreamResponse,
  type SubscribeToTaskRequest,
  type Task,
  TaskState,
} from '@a2a-js/sdk';
import {
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors';
import {
  AgentEvent,
  type A2ARequestHandler,
  type AgentExecutionEvent,
  type AgentExecutor,
  type ExecutionEventBus,
  RequestContext,
  type ServerCallContext,
  type TaskStore,
} from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import { taskBusy } from '../../errors/session-busy.ts';
import { disconnectedSignalOf } from '../caller.ts';
import type { Logger } from '../../observability/logger.ts';
import { PushConfigs, type PushConfigsDeps } from '../push/push-configs.ts';
import type { PushNotifier } from '../push/push-notifier.ts';
import { assertHistoryLength, assertTaskList, messageOf } from './check-message.ts';
import type { RemoteTasks } from './remote-tasks.ts';
import { applyEvent } from './apply-event.ts';
import { EventBus } from './event-bus.ts';
import { LiveTask } from './live-task.ts';
import { isInterrupted, isSettled, isTerminal, stateOf } from './states.ts';
import { TaskHasEnded } from './stored-tasks.ts';

export interface TaskHandlerDeps {
  card: () => Promise<AgentCard>;
  /** The card for authenticated callers. */
  extendedCard: () => Promise<AgentCard>;
  executor: AgentExecutor;
  tasks: TaskStore;
  /** Left out if tasks exist only in this process. */
  remoteTasks?: RemoteTasks;
  /** Left out if notifications are off. */
  push?: PushConfigsDeps;
  notifier?: Pick<PushNotifier, 'notify'>;
  log: Logger;
  now: () => number;
}

/**
 * Longest wait for a non-streaming answer; then the task is returned in state working. Must be below the load balancer's
 * idle timeout, or the caller gets neither task nor id.
 */
const ANSWER_WITHIN_MS = 110_000;

/** How long a cancel waits for the executor to end before it returns the task as it is. */
const CANCEL_WAIT_MS = 10_000;
/** Longest subscription to a task that waits for its caller. */
const LONGEST_WAIT_MS = 15 * 60_000;
const DEFAULT_PAGE = 50;

interface Work {
  live: LiveTask;
  bus: ExecutionEventBus;
  owner: string;
}

/**
 * The A2A operations over any executor and task store of the SDK. Beyond the SDK's own handler: a task continues when
 * its listener disconnects, chunks of an answer cost no write, internal error messages never reach a caller, and tasks
 * of other processes can be followed and cancelled (docs/decisions/0100).
 */
export class TaskHandler implements A2ARequestHandler {
  readonly #deps: TaskHandlerDeps;
  readonly #push: PushConfigs;
  readonly #working = new Map<string, Work>();
  /** Subscribers by task that waits for its caller; called when a message continues the task. */
  readonly #subscribers = new Map<string, Set<(live: LiveTask) => void>>();

  constructor(deps: TaskHandlerDeps) {
    this.#deps = deps;
    this.#push = new PushConfigs(deps.push, async (id, context) => this.#load(id, context));
  }

  async getAgentCard(): Promise<AgentCard> {
    return this.#deps.card();
  }

  async getAuthenticatedExtendedAgentCard(): Promise<AgentCard> {
    return this.#deps.extendedCard();
  }

  async sendMessage(params: SendMessageRequest, context: ServerCallContext): Promise<Message | Task> {
    const { live, events } = await this.#begin(params, context);
    const { historyLength, returnImmediately } = params.configuration ?? {};
    const timer = setTimeout(() => void events.return?.(), ANSWER_WITHIN_MS);
    for await (const event of events) if (event.kind === 'message' || returnImmediately) break;
    clearTimeout(timer);
    const result = live.message ?? live.task;
    if (!result)
      throw new AppError('INTERNAL', undefined, { cause: new Error('The executor said nothing.') });
    return 'messageId' in result ? result : withHistory(result, historyLength);
  }

  async *sendMessageStream(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const { events } = await this.#begin(params, context);
    for await (const event of events) yield toStream(event, params.configuration?.historyLength);
  }

  async getTask({ id, historyLength }: GetTaskRequest, context: ServerCallContext): Promise<Task> {
    assertHistoryLength(historyLength);
    return withHistory(await this.#current(await this.#load(id, context), context), historyLength);
  }

  async listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    const { pageSize = DEFAULT_PAGE, historyLength } = params;
    assertTaskList({ ...params, pageSize });
    const page = await this.#deps.tasks.list({ ...params, pageSize }, context);
    const tasks = await Promise.all(page.tasks.map(async (task) => this.#current(task, context)));
    return { ...page, tasks: tasks.map((task) => withHistory(task, historyLength)) };
  }

  async cancelTask({ id }: CancelTaskRequest, context: ServerCallContext): Promise<Task> {
    const task = await this.#current(await this.#load(id, context), context);
    if (stateOf(task) === TaskState.TASK_STATE_CANCELED) return task;
    if (isTerminal(stateOf(task))) throw new TaskNotCancelableError(`Task not cancelable: ${id}`);
    const work = this.#workOn(id, context);
    if (work) {
      await this.#deps.executor.cancelTask(id, work.bus);
      await Promise.race([work.live.ended, Bun.sleep(CANCEL_WAIT_MS)]);
    } else if (!isSettled(stateOf(task)) && this.#deps.remoteTasks) {
      await this.#deps.remoteTasks.cancel(task, context);
    } else await this.#markCanceled(task, context);
    const ended = await this.#current(await this.#load(id, context), context);
    if (stateOf(ended) === TaskState.TASK_STATE_CANCELED) return ended;
    throw new TaskNotCancelableError(`Task not cancelable: ${id}`);
  }

  async *resubscribe(
    { id }: SubscribeToTaskRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const loaded = await this.#load(id, context);
    const work = this.#workOn(id, context);
    const snapshot = work?.live.task;
    if (work && snapshot) {
      const events = work.live.events();
      yield toStream(AgentEvent.task(snapshot));
      if (isSettled(stateOf(snapshot))) {
        yield* this.#whenWorkedOn(snapshot, context);
        return;
      }
      for await (const event of events) yield toStream(event);
      return;
    }
    const followed = await this.#deps.remoteTasks?.follow(loaded, context);
    const task = followed?.task ?? loaded;
    if (isTerminal(stateOf(task)))
      throw new UnsupportedOperationError(
        'The task has ended: there is nothing to subscribe to. GetTask shows it.',
      );
    yield toStream(AgentEvent.task(task));
    if (!followed) yield* this.#whenWorkedOn(task, context);
    if (followed) for await (const event of followed.events) yield toStream(event);
  }

  /** Yields events of a waiting task once a message continues it; ends when the subscriber disconnects. */
  async *#whenWorkedOn(
    task: Task,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    if (!isInterrupted(stateOf(task))) return;
    const { promise, resolve } = Promise.withResolvers<AsyncIterable<AgentExecutionEvent> | undefined>();
    const hear = (live: LiveTask): void => resolve(live.events());
    const leave = (): void => resolve(undefined);
    const disconnected = disconnectedSignalOf(context);
    const timer = setTimeout(leave, LONGEST_WAIT_MS);
    disconnected?.addEventListener('abort', leave, { once: true });
    const others = this.#subscribers.get(task.id) ?? new Set();
    this.#subscribers.set(task.id, others.add(hear));
    try {
      for await (const event of (await promise) ?? []) yield toStream(event);
    } finally {
      clearTimeout(timer);
      disconnected?.removeEventListener('abort', leave);
      others.delete(hear);
      if (others.size === 0) this.#subscribers.delete(task.id);
    }
  }

  createTaskPushNotificationConfig: A2ARequestHandler['createTaskPushNotificationConfig'] = async (
    params,
    context,
  ) => this.#push.create(params, context);

  getTaskPushNotificationConfig: A2ARequestHandler['getTaskPushNotificationConfig'] = async (
    params,
    context,
  ) => this.#push.get(params, context);

  listTaskPushNotificationConfigs: A2ARequestHandler['listTaskPushNotificationConfigs'] = async (
    params,
    context,
  ) => this.#push.list(params, context);

  deleteTaskPushNotificationConfig: A2ARequestHandler['deleteTaskPushNotificationConfig'] = async (
    params,
    context,
  ) => this.#push.remove(params, context);

  async #begin(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): Promise<{ live: LiveTask; events: AsyncIterableIterator<AgentExecutionEvent> }> {
    const request = await this.#requestOf(params, context);
    const { taskId, contextId, task: before } = request;
    const isElsewhere = this.#deps.remoteTasks && before && !isSettled(stateOf(before));
    if (this.#working.has(taskId) || isElsewhere) throw taskBusy();
    const config = params.configuration?.taskPushNotificationConfig;
    if (config) await this.#push.assertAllowed(config);
    const live = new LiveTask({
      taskId,
      contextId,
      save: async (task) => this.#deps.tasks.save(task, context),
      onEvent: (event, task) => this.#deps.notifier?.notify(event, task, ownerOf(context)),
      onLost: () => void this.#deps.executor.cancelTask(taskId, bus).catch(() => undefined),
      log: this.#deps.log,
      now: this.#deps.now,
    });
    const bus = new EventBus();
    bus.on('event', (event) => live.take(event));
    this.#working.set(taskId, { live, bus, owner: ownerOf(context) });
    try {
      // Save the webhook before the first event, or that event would not be notified.
      if (config) await this.#push.save({ ...config, taskId }, context);
    } catch (error) {
      this.#working.delete(taskId);
      throw error;
    }
    const events = live.events();
    for (const tell of this.#subscribers.get(taskId) ?? []) tell(live);
    void this.#deps.executor
      .execute(request, bus)
      .then(
        () => live.finish(),
        (error: unknown) => live.finish({ error }),
      )
      .finally(() => bus.removeAllListeners());
    void live.ended.then(() => this.#working.delete(taskId));
    return { live, events };
  }

  async #requestOf(params: SendMessageRequest, context: ServerCallContext): Promise<RequestContext> {
    const message = messageOf(params);
    const task = message.taskId ? await this.#taskToGoOn(message, context) : undefined;
    const taskId = task?.id ?? crypto.randomUUID();
    const contextId = message.contextId || task?.contextId || crypto.randomUUID();
    const sent = { ...message, taskId, contextId };
    if (task) task.history = [...task.history, sent];
    // The SDK clones the parameters; the parts are passed on as they are, so that files are not copied.
    const bare = { ...params, message: { ...sent, parts: [] } };
    const request = new RequestContext(bare, taskId, contextId, context, task);
    request.userMessage.parts = sent.parts;
    return request;
  }

  async #taskToGoOn(message: Message, context: ServerCallContext): Promise<Task> {
    const task = await this.#current(await this.#load(message.taskId, context), context);
    if (isTerminal(stateOf(task))) throw new TaskHasEnded(task);
    if (message.contextId && message.contextId !== task.contextId)
      throw new RequestMalformedError('message.contextId is not that of the task.');
    return task;
  }

  /** Loads a task. A missing task and another caller's task throw the same error. */
  async #load(id: string | undefined, context: ServerCallContext): Promise<Task> {
    if (!id?.trim()) throw new RequestMalformedError('The id of a task is required.');
    const task = this.#workOn(id, context)?.live.task ?? (await this.#deps.tasks.load(id, context));
    if (!task) throw new TaskNotFoundError(`Task not found: ${id.slice(0, 128)}`);
    return task;
  }

  async #current(task: Task, context: ServerCallContext): Promise<Task> {
    const live = this.#workOn(task.id, context)?.live.task;
    if (live) return live;
    if (isTerminal(stateOf(task)) || !this.#deps.remoteTasks) return task;
    return this.#deps.remoteTasks.refresh(task, context);
  }

  #workOn(id: string, context: ServerCallContext): Work | undefined {
    const work = this.#working.get(id);
    return work?.owner === ownerOf(context) ? work : undefined;
  }

  async #markCanceled(task: Task, context: ServerCallContext): Promise<void> {
    const status = {
      state: TaskState.TASK_STATE_CANCELED,
      message: undefined,
      timestamp: new Date(this.#deps.now()).toISOString(),
    };
    const event = AgentEvent.statusUpdate({
      taskId: task.id,
      contextId: task.contextId,
      status,
      metadata: undefined,
    });
    const canceled = applyEvent(task, event);
    try {
      if (canceled) await this.#deps.tasks.save(canceled, context);
    } catch (error) {
      if (!(error instanceof TaskHasEnded)) throw error;
      return;
    }
    this.#deps.notifier?.notify(event, canceled, ownerOf(context));
  }
}

const ownerOf = ({ user }: ServerCallContext): string => user?.userName ?? '';

function withHistory(task: Task, historyLength: number | undefined): Task {
  if (historyLength === undefined) return task;
  return { ...task, history: historyLength === 0 ? [] : task.history.slice(-historyLength) };
}

function toStream(event: AgentExecutionEvent, historyLength?: number): StreamResponse {
  switch (event.kind) {
    case 'task':
      return { payload: { $case: 'task', value: withHistory(event.data, historyLength) } };
    case 'message':
      return { payload: { $case: 'message', value: event.data } };
    case 'statusUpdate':
      return { payload: { $case: 'statusUpdate', value: event.data } };
    case 'artifactUpdate':
      return { payload: { $case: 'artifactUpdate', value: event.data } };
  }
}
