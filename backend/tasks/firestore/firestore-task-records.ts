import type { Firestore } from '../../firestore/client/firestore.ts';
import type { CollectionReference, DocumentReference } from '../../firestore/client/references.ts';
import { FieldPath, Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import type { DocumentData } from '../../firestore/client/values.ts';
import { createHash } from 'node:crypto';
import { calling } from '../../firestore/calling.ts';
import { deleteDocuments } from '../../firestore/delete-documents.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import { transact } from '../../firestore/transact.ts';
import {
  ENDED_STATES,
  LARGEST_TASK_BYTES,
  TASK_KEEP_MS,
  type TaskOwner,
  type TaskPage,
  type TaskQuery,
  type TaskRecord,
  type TaskRecords,
  TaskRoom,
  type Webhook,
  type Webhooks,
} from '../task-records.ts';

/** Tasks of a page that are read together: with the largest tasks, a page hardly has more. */
const READ_AT_ONCE = 5;
/**
 * Our own collections. None of their subcollections is named sessions or events, which google-adk queries as collection
 * groups.
 */
const OWNERS = 'lornu_task_owners';
const TASKS = 'tasks';
const WEBHOOKS = 'lornu_task_webhooks';
const OF_TASK = 'webhooks';

export interface FirestoreTaskRecordsOptions {
  db: Firestore;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** Time limit of one write with its retries, in milliseconds. */
  waitMs?: number;
}

/**
 * Tasks in Firestore: one collection per caller, so that its list needs no index. Firestore deletes them by
 * `expireTime`. Abandoned tasks are not searched for (`stale` is empty): the next caller that reads one finishes it.
 */
export class FirestoreTaskRecords implements TaskRecords {
  readonly largestBytes = LARGEST_TASK_BYTES;
  readonly webhooks: Webhooks;
  readonly #db: Firestore;
  readonly #waitMs: number | undefined;

  constructor({ db, now = Date.now, waitMs }: FirestoreTaskRecordsOptions) {
    this.#db = db;
    this.#waitMs = waitMs;
    const of = (taskId: string) => db.collection(WEBHOOKS).doc(taskId).collection(OF_TASK);
    this.webhooks = {
      put: async (taskId, { id, json }) => {
        const webhook = of(taskId).doc(id);
        const addedMs = now();
        const expireTime = Timestamp.fromMillis(addedMs + TASK_KEEP_MS);
        await this.#unlessNewer(webhook, 'addedMs', { json, expireTime, addedMs });
      },
      list: async (taskId) => {
        const { docs } = await calling(async () => of(taskId).orderBy('addedMs').get());
        return docs.map((doc): Webhook => ({ id: doc.id, json: String(doc.get('json')) }));
      },
      remove: async (taskId, id) => {
        if (!isDocumentId(id)) return;
        await calling(async (signal) => deleteDocuments(db, [of(taskId).doc(id)], signal));
      },
    };
  }

  async put({ id, ...record }: TaskRecord): Promise<boolean> {
    const expireTime = Timestamp.fromMillis(record.updatedMs + TASK_KEEP_MS);
    return this.#unlessNewer(this.#tasksOf(record).doc(id), 'updatedMs', { ...record, expireTime });
  }

  async get(owner: TaskOwner, id: string): Promise<TaskRecord | undefined> {
    if (!isDocumentId(id)) return undefined;
    const doc = await calling(async () => this.#tasksOf(owner).doc(id).get());
    const data = doc.data();
    return data && toRecord(id, data);
  }

  async list({ contextId, state, sinceMs, limit, after, ...owner }: TaskQuery): Promise<TaskPage> {
    const tasks = this.#tasksOf(owner);
    let query = tasks.orderBy('updatedMs', 'desc').orderBy(FieldPath.documentId(), 'desc');
    if (sinceMs !== undefined) query = query.where('updatedMs', '>=', sinceMs);
    // Filtering here saves a Firestore index per filter. Only these fields of a week's tasks are read.
    const { docs } = await calling(async () => query.select('contextId', 'state', 'updatedMs').get());
    const fitting = docs.filter(
      (doc) =>
        (contextId === undefined || doc.get('contextId') === contextId) &&
        (state === undefined || doc.get('state') === state),
    );
    const following = fitting.filter((doc) => {
      const updatedMs = Number(doc.get('updatedMs'));
      return !after || updatedMs < after.updatedMs || (updatedMs === after.updatedMs && doc.id < after.id);
    });
    const room = new TaskRoom();
    const records: TaskRecord[] = [];
    for (let at = 0; at < Math.min(limit, following.length); at += READ_AT_ONCE) {
      const refs = following.slice(at, Math.min(at + READ_AT_ONCE, limit)).map(({ ref }) => ref);
      // A page of the largest tasks must not be read whole to be cut.
      for (const doc of await calling(async () => this.#db.getAll(...refs))) {
        const data = doc.data();
        // Deleted since the list was read.
        if (!data) continue;
        const record = toRecord(doc.id, data);
        if (!room.take(record.json)) return { records, total: fitting.length, hasMore: true };
        records.push(record);
      }
    }
    return { records, total: fitting.length, hasMore: following.length > limit };
  }

  async stale(): Promise<TaskRecord[]> {
    return [];
  }

  async prune(): Promise<void> {}

  /**
   * A write that timed out may still arrive, so it must never replace a newer one. Returns whether the document could
   * still change.
   */
  async #unlessNewer(
    document: DocumentReference,
    time: 'updatedMs' | 'addedMs',
    data: DocumentData,
  ): Promise<boolean> {
    const write = async (transaction: Transaction): Promise<boolean> => {
      const before = await transaction.get(document);
      // The same task is that of an earlier attempt whose response was lost.
      if (ENDED_STATES.includes(Number(before.get('state'))))
        return ['state', 'json'].every((field) => before.get(field) === data[field]);
      const stored: unknown = before.get(time);
      if (typeof stored !== 'number' || stored <= data[time]) transaction.set(document, data);
      return true;
    };
    return calling((signal) => transact(this.#db, write, { signal }), this.#waitMs);
  }

  #tasksOf({ appName, userId }: TaskOwner): CollectionReference {
    const name = createHash('sha256').update(`${appName}/${userId}`).digest('hex');
    return this.#db.collection(OWNERS).doc(name).collection(TASKS);
  }
}

function toRecord(id: string, data: DocumentData): TaskRecord {
  const { expireTime: _time, ...record } = data;
  return { ...record, id } as TaskRecord;
}
