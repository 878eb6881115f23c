import { TaskState } from '@a2a-js/sdk';

/** How long a task is kept after its last status change. */
export const TASK_KEEP_MS = 7 * 24 * 60 * 60_000;

/** States in which a task has ended. */
export const ENDED_STATES: readonly number[] = [
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
];

/** Longest stored `json` of a task, in bytes, in every store: below 1 MiB, Firestore's limit for a document. */
export const LARGEST_TASK_BYTES = 900_000;
/** Most characters of a page's tasks; a page ends early at this limit. */
const PAGE_CHARS = 4 * 1024 * 1024;

/** Limits the size of a page of tasks. */
export class TaskRoom {
  #left = PAGE_CHARS;

  /** Whether one more task fits; the first always does. */
  take(json: string): boolean {
    const isFirst = this.#left === PAGE_CHARS;
    this.#left -= json.length;
    return isFirst || this.#left >= 0;
  }
}

/** A stored task. */
export interface TaskRecord {
  id: string;
  appName: string;
  /** ADK's user id of the task's caller. */
  userId: string;
  contextId: string;
  /** A TaskState of the SDK. */
  state: number;
  /** Last status change, in milliseconds since the epoch. */
  updatedMs: number;
  /** The whole task as JSON of A2A 1.0. */
  json: string;
}

export type TaskOwner = Pick<TaskRecord, 'appName' | 'userId'>;

/** Where a page of tasks ends. */
export type TaskPlace = Pick<TaskRecord, 'updatedMs' | 'id'>;

export interface TaskQuery extends TaskOwner {
  contextId?: string;
  state?: number;
  /** Only tasks whose status changed at this time or later. */
  sinceMs?: number;
  limit: number;
  /** The last task of the previous page. */
  after?: TaskPlace;
}

export interface TaskPage {
  records: TaskRecord[];
  total: number;
  hasMore: boolean;
}

/** Stores tasks beside the sessions; shared by several processes. */
export interface TaskRecords {
  /** Longest `json` that can be stored, in bytes. */
  readonly largestBytes: number;
  /**
   * Stores a task's state. A task that has ended never changes: then nothing is stored, and the result is false. A
   * process that was paused may not know of the end that another one has stored.
   */
  put(record: TaskRecord): Promise<boolean>;
  /** Undefined both for a missing task and for another owner's. */
  get(owner: TaskOwner, id: string): Promise<TaskRecord | undefined>;
  /**
   * Newest first; fewer than `limit` if they are large. `total` counts all matching tasks, `hasMore` says whether there
   * is another page.
   */
  list(query: TaskQuery): Promise<TaskPage>;
  /**
   * Tasks of all owners that have been in one of these states since before `beforeMs`, oldest first; at most `limit`,
   * those that follow `after`.
   */
  stale(states: readonly number[], beforeMs: number, limit: number, after?: TaskPlace): Promise<TaskRecord[]>;
  /** Deletes tasks whose status last changed before `beforeMs`, with their webhooks. */
  prune(beforeMs: number): Promise<void>;
  /** Webhooks are kept as long as their tasks. */
  readonly webhooks: Webhooks;
}

/** A webhook of a task; its content is defined by the protocol. */
export interface Webhook {
  id: string;
  json: string;
}

/** Webhooks by task; the caller must have checked the task's owner. */
export interface Webhooks {
  /** Replaces the one with the same id. */
  put(taskId: string, webhook: Webhook): Promise<void>;
  list(taskId: string): Promise<Webhook[]>;
  remove(taskId: string, id: string): Promise<void>;
}
