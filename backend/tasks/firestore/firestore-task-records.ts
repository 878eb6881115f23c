import {
  FieldPath,
  Timestamp,
  type CollectionReference,
  type DocumentData,
  type Firestore,
} from '@google-cloud/firestore';
import { createHash } from 'node:crypto';
import { calling } from '../../firestore/calling.ts';
import type { TaskOwner, TaskQuery, TaskRecord, TaskRecords, Webhook, Webhooks } from '../task-records.ts';
import { TASK_KEEP_MS } from '../task-records.ts';

/** Collections of our own. None below them is named sessions or events, which google-adk asks for over the database. */
const OWNERS = 'lornu_task_owners';
const TASKS = 'tasks';
const WEBHOOKS = 'lornu_task_webhooks';
const OF_TASK = 'webhooks';

export interface FirestoreTaskRecordsOptions {
  db: Firestore;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Tasks in Firestore: a collection for each caller, so that its list needs no index of its own. Firestore deletes them by
 * their `expireTime`; nobody looks for tasks that were left behind (`stale`): who asks for one brings it to its end.
 */
export class FirestoreTaskRecords implements TaskRecords {
  /** Below a document's 1 MiB, with room for its other fields. */
  readonly largestBytes = 900_000;
  readonly webhooks: Webhooks;
  readonly #db: Firestore;

  constructor({ db, now = Date.now }: FirestoreTaskRecordsOptions) {
    this.#db = db;
    const of = (taskId: string) => db.collection(WEBHOOKS).doc(taskId).collection(OF_TASK);
    this.webhooks = {
      put: async (taskId, { id, json }) => {
        const expireTime = Timestamp.fromMillis(now() + TASK_KEEP_MS);
        await calling(async () => of(taskId).doc(id).set({ json, expireTime, addedMs: now() }));
      },
      list: async (taskId) => {
        const { docs } = await calling(async () => of(taskId).orderBy('addedMs').get());
        return docs.map((doc): Webhook => ({ id: doc.id, json: String(doc.get('json')) }));
      },
      remove: async (taskId, id) => {
        await calling(async () => of(taskId).doc(id).delete());
      },
    };
  }

  async put({ id, ...record }: TaskRecord): Promise<void> {
    const expireTime = Timestamp.fromMillis(record.updatedMs + TASK_KEEP_MS);
    await calling(async () =>
      this.#tasksOf(record)
        .doc(id)
        .set({ ...record, expireTime }),
    );
  }

  async get(owner: TaskOwner, id: string): Promise<TaskRecord | undefined> {
    // Ids come from callers; Firestore takes no path that a slash in one would make.
    if (id.includes('/') || /^(\.{1,2}|__.*__)$/.test(id)) return undefined;
    const doc = await calling(async () => this.#tasksOf(owner).doc(id).get());
    const data = doc.data();
    return data && toRecord(id, data);
  }

  async list({
    contextId,
    state,
    sinceMs,
    limit,
    after,
    ...owner
  }: TaskQuery): Promise<{ records: TaskRecord[]; total: number }> {
    const tasks = this.#tasksOf(owner);
    let query = tasks.orderBy('updatedMs', 'desc').orderBy(FieldPath.documentId(), 'desc');
    if (sinceMs !== undefined) query = query.where('updatedMs', '>=', sinceMs);
    // A caller's tasks of a week are few: sorting out here what a filter leaves spares an index for each of them.
    const { docs } = await calling(async () => query.get());
    const fitting = docs
      .map((doc) => toRecord(doc.id, doc.data()))
      .filter(
        (task) =>
          (contextId === undefined || task.contextId === contextId) &&
          (state === undefined || task.state === state),
      );
    const isAfter = ({ updatedMs, id }: TaskRecord) =>
      !after || updatedMs < after.updatedMs || (updatedMs === after.updatedMs && id < after.id);
    return { records: fitting.filter(isAfter).slice(0, limit), total: fitting.length };
  }

  async stale(): Promise<TaskRecord[]> {
    return [];
  }

  async prune(): Promise<void> {}

  #tasksOf({ appName, userId }: TaskOwner): CollectionReference {
    const name = createHash('sha256').update(`${appName}/${userId}`).digest('hex');
    return this.#db.collection(OWNERS).doc(name).collection(TASKS);
  }
}

function toRecord(id: string, data: DocumentData): TaskRecord {
  const { expireTime: _time, ...record } = data;
  return { ...record, id } as TaskRecord;
}
