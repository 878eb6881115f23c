/** How long a task is kept after its status changed last. */
export const TASK_KEEP_MS = 7 * 24 * 60 * 60_000;

/** The longest `json` of a task that is kept, in bytes, the same in every store: below 1 MiB, which a document of Firestore may have. */
export const LARGEST_TASK_BYTES = 900_000;
/** A page ends early rather than hold more of tasks than this, in characters. */
const PAGE_CHARS = 4 * 1024 * 1024;

/** Fills a page of tasks. */
export class TaskRoom {
  #left = PAGE_CHARS;

  /** Whether one more was let in; the first always is. */
  take(json: string): boolean {
    const isFirst = this.#left === PAGE_CHARS;
    this.#left -= json.length;
    return isFirst || this.#left >= 0;
  }
}

/** A task as it is kept. */
export interface TaskRecord {
  id: string;
  appName: string;
  /** ADK's user id of the caller whose task it is. */
  userId: string;
  contextId: string;
  /** A TaskState. */
  state: number;
  /** When its status changed last, milliseconds since the epoch. */
  updatedMs: number;
  /** The whole task, JSON text of A2A 1.0. */
  json: string;
}

export type TaskOwner = Pick<TaskRecord, 'appName' | 'userId'>;

export interface TaskQuery extends TaskOwner {
  contextId?: string;
  state?: number;
  /** Only those whose status is from then or later. */
  sinceMs?: number;
  limit: number;
  /** The last one of the page before. */
  after?: Pick<TaskRecord, 'updatedMs' | 'id'>;
}

export interface TaskPage {
  records: TaskRecord[];
  total: number;
  hasMore: boolean;
}

/** Where tasks are kept, for several processes: beside the sessions. */
export interface TaskRecords {
  /** The longest `json` that can be kept, in bytes. */
  readonly largestBytes: number;
  put(record: TaskRecord): Promise<void>;
  /** Undefined for one that is not there and for one of another owner alike. */
  get(owner: TaskOwner, id: string): Promise<TaskRecord | undefined>;
  /**
   * Newest first, fewer than `limit` where they are large; `total` counts all that fit, whatever the page. `hasMore` tells
   * whether there is another page.
   */
  list(query: TaskQuery): Promise<TaskPage>;
  /** Tasks of everyone that are in one of these states since before `beforeMs`, at most `limit`. */
  stale(states: readonly number[], beforeMs: number, limit: number): Promise<TaskRecord[]>;
  /** Deletes tasks whose status is older, with their webhooks. */
  prune(beforeMs: number): Promise<void>;
  /** Webhooks, kept as long as their tasks. */
  readonly webhooks: Webhooks;
}

/** A webhook of a task: what it is, is the protocol's business. */
export interface Webhook {
  id: string;
  json: string;
}

/** Webhooks by task; whose task it is has been looked at before. */
export interface Webhooks {
  /** Replaces one with the same id. */
  put(taskId: string, webhook: Webhook): Promise<void>;
  list(taskId: string): Promise<Webhook[]>;
  remove(taskId: string, id: string): Promise<void>;
}
