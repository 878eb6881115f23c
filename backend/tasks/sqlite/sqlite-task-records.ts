import type { Database } from 'bun:sqlite';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import {
  ENDED_STATES,
  LARGEST_TASK_BYTES,
  type TaskOwner,
  type TaskPage,
  type TaskPlace,
  type TaskQuery,
  type TaskRecord,
  type TaskRecords,
  TaskRoom,
  type Webhooks,
} from '../task-records.ts';
import { prepareTaskStatements, type TaskRow, type TaskStatements } from './task-tables.ts';

/** Tasks and their webhooks in the session store's file. */
export class SqliteTaskRecords implements TaskRecords {
  readonly largestBytes = LARGEST_TASK_BYTES;
  readonly webhooks: Webhooks;
  readonly #database: Database;
  readonly #statements: TaskStatements;

  constructor({ database }: { database: Database }) {
    this.#database = database;
    this.#statements = prepareTaskStatements(database);
    this.webhooks = {
      put: async (taskId, { id, json }) => {
        await inTransaction(database, () =>
          this.#statements.putWebhook.run({ taskId, id, json, nowMs: Date.now() }),
        );
      },
      list: async (taskId) => reading(() => this.#statements.webhooks.all({ taskId })),
      remove: async (taskId, id) => {
        await inTransaction(database, () => this.#statements.removeWebhook.run({ taskId, id }));
      },
    };
  }

  async put(record: TaskRecord): Promise<boolean> {
    const row = { ...record, ended: JSON.stringify(ENDED_STATES) };
    const { changes } = await inTransaction(this.#database, () => this.#statements.put.run(row));
    return changes > 0;
  }

  async get({ appName, userId }: TaskOwner, id: string): Promise<TaskRecord | undefined> {
    return reading(() => {
      const row = this.#statements.get.get({ appName, userId, id });
      return row ? toRecord(row) : undefined;
    });
  }

  async list(query: TaskQuery): Promise<TaskPage> {
    const { appName, userId, contextId = null, state = null, sinceMs = null, limit, after } = query;
    const wanted = { appName, userId, contextId, state, sinceMs };
    const from = { afterMs: after?.updatedMs ?? Number.MAX_SAFE_INTEGER, afterId: after?.id ?? '' };
    return reading(() => {
      const total = this.#statements.count.get(wanted)?.total ?? 0;
      const room = new TaskRoom();
      const records: TaskRecord[] = [];
      // Iterate, and read one more than requested: with the largest tasks, a page must not be read whole only to be
      // cut.
      for (const row of this.#statements.list.iterate({ ...wanted, ...from, limit: limit + 1 })) {
        if (records.length === limit || !room.take(row.json)) return { records, total, hasMore: true };
        records.push(toRecord(row));
      }
      return { records, total, hasMore: false };
    });
  }

  async stale(
    states: readonly number[],
    beforeMs: number,
    limit: number,
    after: TaskPlace = { updatedMs: -1, id: '' },
  ): Promise<TaskRecord[]> {
    const wanted = {
      states: JSON.stringify(states),
      beforeMs,
      limit,
      afterMs: after.updatedMs,
      afterId: after.id,
    };
    return reading(() => this.#statements.stale.all(wanted).map(toRecord));
  }

  async prune(beforeMs: number): Promise<void> {
    await inTransaction(this.#database, () => {
      this.#statements.prune.run({ beforeMs });
      this.#statements.pruneWebhooks.run({ beforeMs });
    });
  }
}

function toRecord(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    appName: row.app_name,
    userId: row.user_id,
    contextId: row.context_id,
    state: row.state,
    updatedMs: row.updated_ms,
    json: row.json,
  };
}
