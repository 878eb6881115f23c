import type { Database } from 'bun:sqlite';

// No WITHOUT ROWID where a row may be long: see sessions/sqlite/database.ts.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    session_row INTEGER NOT NULL REFERENCES sessions (row_id) ON DELETE CASCADE,
    invocation_id TEXT NOT NULL,
    state TEXT NOT NULL,
    request TEXT, -- NULL once the run has ended
    begun_after_us INTEGER NOT NULL, -- the session's newest event before the run
    owner TEXT NOT NULL,
    takeovers INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER
  );
  CREATE INDEX IF NOT EXISTS runs_of_session ON runs (session_row, started_ms DESC);
  CREATE INDEX IF NOT EXISTS runs_to_cancel ON runs (owner) WHERE cancel_requested = 1;
  CREATE INDEX IF NOT EXISTS runs_ended ON runs (ended_ms) WHERE ended_ms IS NOT NULL;
  CREATE TABLE IF NOT EXISTS frames ( -- one row a batch: the JSON texts, a line each
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    first_index INTEGER NOT NULL,
    frame_count INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (run_id, first_index)
  );
  CREATE TABLE IF NOT EXISTS revisions (revision TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS leased_sessions ON sessions (lease_owner) WHERE lease_run_id IS NOT NULL;
`;

export interface RunRow {
  id: string;
  app_name: string;
  user_id: string;
  session_id: string;
  invocation_id: string;
  state: string;
  request: string | null;
  begun_after_us: number;
  owner: string;
  takeovers: number;
  cancel_requested: number;
  started_ms: number;
  ended_ms: number | null;
}

const RUN = `SELECT r.id, s.app_name, s.user_id, s.id AS session_id, r.invocation_id, r.state, r.request, r.begun_after_us, r.owner,
    r.takeovers, r.cancel_requested, r.started_ms, r.ended_ms
  FROM runs r JOIN sessions s ON s.row_id = r.session_row`;
const OF_SESSION = 's.app_name = $appName AND s.user_id = $userId AND s.id = $sessionId';
type SessionKey = { appName: string; userId: string; sessionId: string };
type Run = { runId: string };

export type RunStatements = ReturnType<typeof prepareRunStatements>;

/** Makes the tables of runs in the session store's file and prepares their statements. */
export function prepareRunStatements(database: Database) {
  database.transaction(() => database.run(SCHEMA)).immediate();
  return {
    session: database.query<
      { row_id: number; fence: number; lease_run_id: string | null; updated_us: number },
      SessionKey
    >(`SELECT row_id, fence, lease_run_id, updated_us FROM sessions s WHERE ${OF_SESSION}`),
    lease: database.query<
      unknown,
      { row: number; fence: number; runId: string; owner: string; expiresMs: number }
    >(
      `UPDATE sessions SET fence = $fence, lease_run_id = $runId, lease_owner = $owner,
         lease_expires_ms = $expiresMs WHERE row_id = $row`,
    ),
    insertRun: database.query<
      unknown,
      {
        runId: string;
        row: number;
        invocationId: string;
        request: string;
        begunAfterUs: number;
        owner: string;
        startedMs: number;
      }
    >(
      `INSERT INTO runs (id, session_row, invocation_id, state, request, begun_after_us, owner, started_ms)
       VALUES ($runId, $row, $invocationId, 'running', $request, $begunAfterUs, $owner, $startedMs)`,
    ),
    renew: database.query<unknown, { owner: string; expiresMs: number }>(
      `UPDATE sessions SET lease_expires_ms = $expiresMs
       WHERE lease_run_id IS NOT NULL AND lease_owner = $owner AND lease_expires_ms > 0`,
    ),
    held: database.query<{ lease_run_id: string }, { owner: string }>(
      'SELECT lease_run_id FROM sessions WHERE lease_run_id IS NOT NULL AND lease_owner = $owner',
    ),
    fenceOf: database.query<{ row_id: number; fence: number }, Run>(
      'SELECT s.row_id, s.fence FROM runs r JOIN sessions s ON s.row_id = r.session_row WHERE r.id = $runId',
    ),
    insertFrames: database.query<
      unknown,
      { runId: string; first: number; count: number; kind: string; lines: string }
    >(
      `INSERT INTO frames (run_id, first_index, frame_count, kind, lines)
       VALUES ($runId, $first, $count, $kind, $lines)`,
    ),
    endRun: database.query<unknown, Run & { state: string; endedMs: number }>(
      `UPDATE runs SET state = $state, ended_ms = $endedMs, request = NULL, cancel_requested = 0 WHERE id = $runId`,
    ),
    freeSession: database.query<unknown, { row: number }>(
      `UPDATE sessions SET lease_run_id = NULL, lease_owner = NULL, lease_expires_ms = 0 WHERE row_id = $row`,
    ),
    expireLease: database.query<unknown, { row: number }>(
      'UPDATE sessions SET lease_expires_ms = 0 WHERE row_id = $row',
    ),
    expired: database.query<
      { row_id: number; fence: number; lease_run_id: string },
      { nowMs: number; impossibleMs: number; limit: number }
    >(
      `SELECT row_id, fence, lease_run_id FROM sessions
       WHERE lease_run_id IS NOT NULL AND (lease_expires_ms <= $nowMs OR lease_expires_ms > $impossibleMs)
       LIMIT $limit`,
    ),
    takeRun: database.query<unknown, Run & { owner: string }>(
      'UPDATE runs SET owner = $owner, takeovers = takeovers + 1 WHERE id = $runId',
    ),
    run: database.query<RunRow, Run>(`${RUN} WHERE r.id = $runId`),
    running: database.query<RunRow, SessionKey>(`${RUN} WHERE ${OF_SESSION} AND r.id = s.lease_run_id`),
    runsOfSession: database.query<RunRow, SessionKey & { limit: number }>(
      `${RUN} WHERE ${OF_SESSION} ORDER BY r.started_ms DESC, r.id LIMIT $limit`,
    ),
    frames: database.query<{ first_index: number; kind: string; lines: string }, Run & { fromIndex: number }>(
      `SELECT first_index, kind, lines FROM frames
       WHERE run_id = $runId AND first_index + frame_count > $fromIndex ORDER BY first_index`,
    ),
    frameCount: database.query<{ count: number }, Run>(
      `SELECT first_index + frame_count AS count FROM frames
       WHERE run_id = $runId ORDER BY first_index DESC LIMIT 1`,
    ),
    cancel: database.query<unknown, Run>(
      "UPDATE runs SET cancel_requested = 1 WHERE id = $runId AND state = 'running'",
    ),
    toCancel: database.query<{ id: string }, { owner: string }>(
      "SELECT id FROM runs WHERE owner = $owner AND cancel_requested = 1 AND state = 'running'",
    ),
    noteRevision: database.query<unknown, { revision: string; nowMs: number }>(
      'INSERT INTO revisions (revision, since_ms) VALUES ($revision, $nowMs) ON CONFLICT DO NOTHING',
    ),
    newerRevision: database.query<{ since_ms: number | null }, { revision: string }>(
      `SELECT min(since_ms) AS since_ms FROM revisions
       WHERE since_ms > (SELECT since_ms FROM revisions WHERE revision = $revision)`,
    ),
    prune: database.query<unknown, { endedBeforeMs: number }>(
      'DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE ended_ms < $endedBeforeMs LIMIT 200)',
    ),
  };
}
