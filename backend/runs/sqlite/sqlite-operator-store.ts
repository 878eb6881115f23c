import type { Database } from 'bun:sqlite';
import { createTables } from '../../sqlite/open-sqlite.ts';
import { AppError } from '../../errors/app-error.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import type { ActiveRun, ActiveRunPage, Maintenance, OperatorStore, RunFilter } from '../operator-store.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS stop_sentences (
  run_row INTEGER PRIMARY KEY REFERENCES runs (row_id) ON DELETE CASCADE,
  sentence TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS maintenance ( -- one row while new turns are refused
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sentence TEXT NOT NULL,
  retry_after_seconds INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  set_by TEXT NOT NULL
)`;

interface ActiveRow {
  session_row: number;
  id: string;
  app_name: string;
  user_id: string;
  session_id: string;
  invocation_id: string;
  state: ActiveRun['state'];
  owner: string;
  takeovers: number;
  cancel_requested: number;
  started_ms: number;
  tokens: number | null;
  event_ms: number | null;
}

/** OperatorStore in the session store's file; the run tables must exist (SqliteRunStore). */
export class SqliteOperatorStore implements OperatorStore {
  readonly #database: Database;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  async activeRuns(
    { appName = null, userId = null }: { [name in keyof RunFilter]: string | null },
    limit: number,
    cursor?: string,
  ): Promise<ActiveRunPage> {
    const after = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(after)) throw new AppError('BAD_CURSOR');
    const rows = reading(() => this.#statements.active.all({ appName, userId, after, limit }));
    const sessions = new Set(rows.map((row) => row.session_row));
    const last = rows.at(-1)?.session_row;
    return {
      runs: rows.map(toActiveRun),
      ...(last !== undefined && sessions.size === limit ? { next: String(last) } : {}),
    };
  }

  async keepStopSentence(runId: string, sentence: string): Promise<void> {
    await inTransaction(this.#database, () => this.#statements.keepStopSentence.run({ runId, sentence }));
  }

  async stopSentence(runId: string): Promise<string | undefined> {
    return reading(() => this.#statements.stopSentence.get({ runId })?.sentence);
  }

  async maintenance(): Promise<Maintenance | undefined> {
    return reading(() => this.#statements.maintenance.get() ?? undefined);
  }

  async setMaintenance(maintenance: Maintenance | undefined): Promise<void> {
    await inTransaction(this.#database, () =>
      maintenance ? this.#statements.begin.run({ ...maintenance }) : this.#statements.lift.run(),
    );
  }
}

function prepareStatements(database: Database) {
  createTables(database, SCHEMA);
  return {
    active: database.query<
      ActiveRow,
      { appName: string | null; userId: string | null; after: number; limit: number }
    >(
      `SELECT l.session_row, r.id, s.app_name, s.user_id, s.id AS session_id, r.invocation_id, r.state, r.owner, r.takeovers,
         r.cancel_requested, r.started_ms, p.tokens, p.event_ms
       FROM (
         SELECT l.session_row, l.run_id FROM leases l JOIN sessions s ON s.row_id = l.session_row
         WHERE l.session_row > $after AND ($appName IS NULL OR s.app_name = $appName)
           AND ($userId IS NULL OR s.user_id = $userId)
         ORDER BY l.session_row LIMIT $limit
       ) l
       JOIN sessions s ON s.row_id = l.session_row
       JOIN runs r ON r.session_row = l.session_row AND (r.id = l.run_id OR r.queue_place IS NOT NULL)
       LEFT JOIN run_progress p ON p.run_row = r.row_id
       ORDER BY l.session_row, r.queue_place`,
    ),
    keepStopSentence: database.query<unknown, { runId: string; sentence: string }>(
      `INSERT INTO stop_sentences (run_row, sentence) SELECT row_id, $sentence FROM runs WHERE id = $runId
       ON CONFLICT (run_row) DO UPDATE SET sentence = excluded.sentence`,
    ),
    stopSentence: database.query<{ sentence: string }, { runId: string }>(
      'SELECT sentence FROM stop_sentences WHERE run_row = (SELECT row_id FROM runs WHERE id = $runId)',
    ),
    maintenance: database.query<Maintenance, []>(
      'SELECT sentence, retry_after_seconds AS retryAfterSeconds, since_ms AS sinceMs, set_by AS "by" FROM maintenance',
    ),
    begin: database.query<
      unknown,
      { sentence: string; retryAfterSeconds: number; sinceMs: number; by: string }
    >(
      `INSERT INTO maintenance (id, sentence, retry_after_seconds, since_ms, set_by)
       VALUES (1, $sentence, $retryAfterSeconds, $sinceMs, $by)
       ON CONFLICT (id) DO UPDATE SET sentence = excluded.sentence, retry_after_seconds = excluded.retry_after_seconds,
         since_ms = excluded.since_ms, set_by = excluded.set_by`,
    ),
    lift: database.query<unknown, []>('DELETE FROM maintenance'),
  };
}

const toActiveRun = (row: ActiveRow): ActiveRun => ({
  id: row.id,
  session: { appName: row.app_name, userId: row.user_id, sessionId: row.session_id },
  invocationId: row.invocation_id,
  state: row.state,
  owner: row.state === 'queued' ? '' : row.owner,
  takeovers: row.takeovers,
  isCancelRequested: row.cancel_requested === 1,
  startedMs: row.started_ms,
  tokens: row.tokens ?? 0,
  ...(row.event_ms === null ? {} : { eventMs: row.event_ms }),
});
