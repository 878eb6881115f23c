import { storedObjectIfAny } from '../../errors/stored-json.ts';
import {
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  Role,
  Task,
  TaskState,
} from '@a2a-js/sdk';
import { RequestMalformedError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { ServerCallContext, TaskStore } from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import { textPart, withoutBytes } from '../executor/parts.ts';
import { principalOf, userIdOf } from '../caller.ts';
import { stateOf } from './states.ts';
import type { TaskOwner, TaskRecord, TaskRecords } from '../../tasks/task-records.ts';

const DEFAULT_PAGE = 50;
/** Marks a task whose answer was too large to store; the session has it. */
const TOO_LARGE_KEY = 'lornuAnswerNotKept';
const DAMAGED =
  'The store holds this task in a form that cannot be read; its conversation may hold the answer.';

/** The end of the task is stored, maybe by another process, so it can no longer change. */
export class TaskHasEnded extends UnsupportedOperationError {
  readonly ended: Task;

  constructor(ended: Task) {
    super('The task has ended: begin another one in its context.');
    // The SDK takes an error's code and status from its name.
    this.name = UnsupportedOperationError.name;
    this.ended = ended;
  }
}

/** The tasks of one app as the SDK's TaskStore. Each caller sees only its own. */
export class StoredTasks implements TaskStore {
  readonly #appName: string;
  readonly #records: TaskRecords;

  constructor(appName: string, records: TaskRecords) {
    this.#appName = appName;
    this.#records = records;
  }

  /** Throws TaskHasEnded if the stored task has ended. */
  async save(task: Task, context: ServerCallContext): Promise<void> {
    const record = toRecord(task, this.#ownerOf(context), this.#records.largestBytes);
    if (await this.#records.put(record)) return;
    const ended = await this.load(task.id, context);
    if (ended) throw new TaskHasEnded(ended);
  }

  async load(taskId: string, context: ServerCallContext): Promise<Task | undefined> {
    const record = await this.#records.get(this.#ownerOf(context), taskId);
    return record && toTask(record);
  }

  async list(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    const { contextId, status, pageToken, statusTimestampAfter, pageSize = DEFAULT_PAGE } = params;
    const after = pageToken ? fromToken(pageToken) : undefined;
    const { records, total, hasMore } = await this.#records.list({
      ...this.#ownerOf(context),
      ...(contextId ? { contextId } : {}),
      ...(status === TaskState.TASK_STATE_UNSPECIFIED ? {} : { state: status }),
      ...(statusTimestampAfter ? { sinceMs: Date.parse(statusTimestampAfter) } : {}),
      ...(after ? { after } : {}),
      limit: pageSize,
    });
    const last = records.at(-1);
    return {
      tasks: records.map(toTask),
      nextPageToken: hasMore && last ? toToken(last) : '',
      pageSize,
      totalSize: total,
    };
  }

  #ownerOf(context: ServerCallContext): TaskOwner {
    return { appName: this.#appName, userId: userIdOf(principalOf(context)) };
  }
}

function toRecord(task: Task, owner: TaskOwner, largestBytes: number): TaskRecord {
  return {
    ...owner,
    id: task.id,
    contextId: task.contextId,
    state: stateOf(task),
    updatedMs: Date.parse(task.status?.timestamp ?? '') || 0,
    json: fittingJson(task, largestBytes),
  };
}

/** The task as JSON: complete, or, where that is too large, without its files and earlier messages. */
function fittingJson(task: Task, largestBytes: number): string {
  const forms = [
    () => task,
    () => withoutFiles(task),
    () => ({ ...withoutFiles(task), history: [] }),
    () => ({ ...task, history: [], artifacts: [], metadata: { ...task.metadata, [TOO_LARGE_KEY]: true } }),
  ];
  for (const form of forms) {
    const json = JSON.stringify(Task.toJSON(form()));
    if (Buffer.byteLength(json) <= largestBytes) return json;
  }
  throw new AppError('NOT_STORABLE');
}

function withoutFiles(task: Task): Task {
  const artifacts = task.artifacts.map((artifact) => ({
    ...artifact,
    parts: artifact.parts.map(withoutBytes),
  }));
  return { ...task, artifacts };
}

/** A damaged task has only what the record says, so that it hides no other task of a list. */
export function toTask(record: TaskRecord): Task {
  const { id, contextId, state, updatedMs, json } = record;
  const stored = storedObjectIfAny(json);
  if (stored) return Task.fromJSON(stored);
  const message: Message = {
    messageId: `damaged-${id}`,
    role: Role.ROLE_AGENT,
    parts: [textPart(DAMAGED)],
    taskId: id,
    contextId,
    extensions: [],
    referenceTaskIds: [],
    metadata: undefined,
  };
  const status = { state, message, timestamp: new Date(updatedMs).toISOString() };
  return { id, contextId, status, artifacts: [], history: [], metadata: undefined };
}

function toToken({ updatedMs, id }: TaskRecord): string {
  return Buffer.from(JSON.stringify([updatedMs, id])).toString('base64url');
}

function fromToken(token: string): { updatedMs: number; id: string } {
  try {
    const [updatedMs, id]: unknown[] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof updatedMs === 'number' && Number.isSafeInteger(updatedMs) && typeof id === 'string')
      return { updatedMs, id };
  } catch {
    // Any invalid token gets the same error below.
  }
  throw new RequestMalformedError('pageToken is not one of this list: begin the list again without it.');
}
