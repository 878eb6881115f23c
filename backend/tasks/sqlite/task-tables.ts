import type { Database } from 'bun:sqlite';
import { createTables } from '../../sqlite/open-sqlite.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS a2a_tasks (
    row_id INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    context_id TEXT NOT NULL,
    state INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS a2a_tasks_newest ON a2a_tasks (app_name, user_id, updated_ms DESC, id DESC);
  CREATE INDEX IF NOT EXISTS a2a_tasks_by_age ON a2a_tasks (updated_ms);
  CREATE TABLE IF NOT EXISTS a2a_webhooks ( -- stored before its task, so that the task's first event finds it
    task_id TEXT NOT NULL,
    id TEXT NOT NULL,
    json TEXT NOT NULL,
    added_ms INTEGER NOT NULL,
    PRIMARY KEY (task_id, id)
  );
  CREATE INDEX IF NOT EXISTS a2a_webhooks_by_age ON a2a_webhooks (added_ms);
`;

export interface TaskRow {
  id: string;
  app_name: string;
  user_id: string;
  context_id: string;
  state: number;
  updated_ms: number;
  json: string;
}

type Owner = { appName: string; userId: string };
type Wanted = Owner & { contextId: string | null; state: number | null; sinceMs: number | null };

const OF_OWNER = 'app_name = $appName AND user_id = $userId';
const WANTED = `${OF_OWNER} AND ($contextId IS NULL OR context_id = $contextId)
  AND ($state IS NULL OR state = $state) AND ($sinceMs IS NULL OR updated_ms >= $sinceMs)`;

export type TaskStatements = ReturnType<typeof prepareTaskStatements>;

/** Creates the task tables in the session store's file and prepares their statements. */
export function prepareTaskStatements(database: Database) {
  createTables(database, SCHEMA);
  return {
    put: database.query<
      unknown,
      Owner & { id: string; contextId: string; state: number; updatedMs: number; json: string; ended: string }
    >(
      // A task's owner never changes: the id of another caller's task is left alone.
      `INSERT INTO a2a_tasks (id, app_name, user_id, context_id, state, updated_ms, json)
       VALUES ($id, $appName, $userId, $contextId, $state, $updatedMs, $json)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated_ms = excluded.updated_ms, json = excluded.json
       WHERE app_name = excluded.app_name AND user_id = excluded.user_id
         AND a2a_tasks.state NOT IN (SELECT value FROM json_each($ended))`,
    ),
    get: database.query<TaskRow, Owner & { id: string }>(
      `SELECT * FROM a2a_tasks WHERE id = $id AND ${OF_OWNER}`,
    ),
    list: database.query<TaskRow, Wanted & { afterMs: number; afterId: string; limit: number }>(
      `SELECT * FROM a2a_tasks WHERE ${WANTED} AND (updated_ms, id) < ($afterMs, $afterId)
       ORDER BY updated_ms DESC, id DESC LIMIT $limit`,
    ),
    count: database.query<{ total: number }, Wanted>(
      `SELECT count(*) AS total FROM a2a_tasks WHERE ${WANTED}`,
    ),
    stale: database.query<
      TaskRow,
      { states: string; beforeMs: number; limit: number; afterMs: number; afterId: string }
    >(
      `SELECT * FROM a2a_tasks WHERE updated_ms < $beforeMs AND (updated_ms, id) > ($afterMs, $afterId)
         AND state IN (SELECT value FROM json_each($states))
       ORDER BY updated_ms, id LIMIT $limit`,
    ),
    prune: database.query<unknown, { beforeMs: number }>(
      `DELETE FROM a2a_tasks
       WHERE row_id IN (SELECT row_id FROM a2a_tasks WHERE updated_ms < $beforeMs LIMIT 200)`,
    ),
    putWebhook: database.query<unknown, { taskId: string; id: string; json: string; nowMs: number }>(
      `INSERT INTO a2a_webhooks (task_id, id, json, added_ms) VALUES ($taskId, $id, $json, $nowMs)
       ON CONFLICT (task_id, id) DO UPDATE SET json = excluded.json`,
    ),
    pruneWebhooks: database.query<unknown, { beforeMs: number }>(
      'DELETE FROM a2a_webhooks WHERE added_ms < $beforeMs AND task_id NOT IN (SELECT id FROM a2a_tasks)',
    ),
    webhooks: database.query<{ id: string; json: string }, { taskId: string }>(
      'SELECT id, json FROM a2a_webhooks WHERE task_id = $taskId ORDER BY rowid',
    ),
    removeWebhook: database.query<unknown, { taskId: string; id: string }>(
      'DELETE FROM a2a_webhooks WHERE task_id = $taskId AND id = $id',
    ),
  };
}
