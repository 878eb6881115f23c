import type { Database } from 'bun:sqlite';
import { UnusableDatabaseError } from '../../errors/unusable-database.ts';
import { createTables } from '../../sqlite/open-sqlite.ts';
import type { RunRow } from './run-row.ts';

// No WITHOUT ROWID for tables with long rows: see sessions/sqlite/database.ts.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (
    row_id INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_row INTEGER NOT NULL REFERENCES sessions (row_id) ON DELETE CASCADE,
    invocation_id TEXT NOT NULL,
    state TEXT NOT NULL,
    request TEXT, -- NULL once the run has ended
    begun_after_us INTEGER NOT NULL, -- the session's newest event before the run
    owner TEXT NOT NULL,
    takeovers INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    queue_place INTEGER, -- among the session's queued runs, the least first; NULL once it has begun
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    usage TEXT -- what its model calls have used, JSON; once it has ended
  );
  CREATE INDEX IF NOT EXISTS runs_of_session ON runs (session_row, started_ms DESC);
  CREATE INDEX IF NOT EXISTS runs_queued ON runs (session_row, queue_place) WHERE queue_place IS NOT NULL;
  CREATE INDEX IF NOT EXISTS runs_to_cancel ON runs (owner) WHERE cancel_requested = 1;
  CREATE TABLE IF NOT EXISTS frames ( -- one row a batch: the JSON texts, a line each
    run_row INTEGER NOT NULL REFERENCES runs (row_id) ON DELETE CASCADE,
    first_index INTEGER NOT NULL,
    frame_count INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (run_row, first_index)
  );
  CREATE TABLE IF NOT EXISTS run_progress ( -- beside the runs, whose rows may be long
    run_row INTEGER PRIMARY KEY REFERENCES runs (row_id) ON DELETE CASCADE,
    tokens INTEGER NOT NULL,
    event_ms INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS heartbeats ( -- one row for each process with runs
    owner TEXT PRIMARY KEY,
    until_ms INTEGER NOT NULL -- by the uptime of the machine
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revisions (revision TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * Version of these tables. A file of an earlier version loses its runs, which are only kept for an hour, and their
 * leases, and no session.
 */
const VERSION = 6;

function makeTables(database: Database): void {
  const { user_version: version = 0 } =
    database.query<{ user_version: number }, []>('PRAGMA user_version').get() ?? {};
  if (version > VERSION)
    throw new UnusableDatabaseError(
      database.filename,
      new Error(`a newer version of the service has written it: ${version} instead of ${VERSION}`),
      'Start that version, or name another folder in LORNU_DATA_DIR.',
    );
  if (version !== VERSION)
    database.run(
      `DROP TABLE IF EXISTS frames; DROP TABLE IF EXISTS run_progress; DROP TABLE IF EXISTS runs;
       DELETE FROM leases`,
    );
  database.run(`${SCHEMA} PRAGMA user_version = ${VERSION}`);
}

/** The name of a session by its row. No joins in the queries of every turn: one costs ten times as much as these. */
const nameOf = (row: string) => `(SELECT app_name FROM sessions WHERE row_id = ${row}) AS app_name,
    (SELECT user_id FROM sessions WHERE row_id = ${row}) AS user_id,
    (SELECT id FROM sessions WHERE row_id = ${row}) AS session_id`;
/** `request`: an SQL expression, because the request of a running run may have 20 MiB. */
const runWith = (
  request: string,
  session = nameOf('r.session_row'),
) => `SELECT r.id, ${session}, r.invocation_id, r.state, ${request}, r.begun_after_us, r.owner,
    r.takeovers, r.cancel_requested, r.started_ms, r.ended_ms, r.usage
  FROM runs r`;
/** Without the request of a running run, because only a takeover needs it. */
const QUEUED_REQUEST = "CASE WHEN r.state = 'queued' THEN r.request END AS request";
const RUN = runWith(QUEUED_REQUEST);
const RUN_OF_SESSION = runWith(
  QUEUED_REQUEST,
  '$appName AS app_name, $userId AS user_id, $sessionId AS session_id',
);
const OF_SESSION = 'app_name = $appName AND user_id = $userId AND id = $sessionId';
const SESSION_ROW = `(SELECT row_id FROM sessions WHERE ${OF_SESSION})`;
type SessionKey = { appName: string; userId: string; sessionId: string };
type Run = { runId: string };
/** `impossibleMs`: a lease or heartbeat that ends later was written before the machine was restarted. */
type Clock = { uptimeMs: number; impossibleMs: number };
/** The process that asks: its own heartbeat ends none of its leases. */
type Self = { self: string };
const HAS_RUN_OUT = `(l.expires_ms <= $uptimeMs OR l.expires_ms > $impossibleMs OR (l.owner <> $self AND EXISTS (
  SELECT 1 FROM heartbeats h WHERE h.owner = l.owner AND (h.until_ms <= $uptimeMs OR h.until_ms > $impossibleMs))))`;

/** Rows of a run and its session. Neither changes, and a session's row is never reused. */
export interface RunRows {
  run: number;
  session: number;
}

export type RunStatements = ReturnType<typeof prepareRunStatements>;

/** Creates the run tables in the session store's file and prepares their statements. */
export function prepareRunStatements(database: Database) {
  createTables(database, () => makeTables(database));
  return {
    session: database.query<{ row_id: number; run_id: string | null; updated_us: number }, SessionKey>(
      `SELECT row_id, (SELECT run_id FROM leases WHERE session_row = row_id) AS run_id, updated_us
       FROM sessions WHERE ${OF_SESSION}`,
    ),
    lease: database.query<
      unknown,
      { row: number; token: number; runId: string; owner: string; expiresMs: number }
    >(
      `INSERT INTO leases (session_row, run_id, owner, fence, expires_ms)
       VALUES ($row, $runId, $owner, $token, $expiresMs)
       ON CONFLICT (session_row) DO UPDATE SET
         run_id = excluded.run_id, owner = excluded.owner, fence = excluded.fence, expires_ms = excluded.expires_ms`,
    ),
    // Inserts nothing if the session has a lease, or is not as it was.
    beginLease: database.query<
      unknown,
      { row: number; updatedUs: number; token: number; runId: string; owner: string; expiresMs: number }
    >(
      `INSERT INTO leases (session_row, run_id, owner, fence, expires_ms)
       SELECT row_id, $runId, $owner, $token, $expiresMs FROM sessions WHERE row_id = $row AND updated_us = $updatedUs
       ON CONFLICT (session_row) DO NOTHING`,
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
    insertQueued: database.query<
      unknown,
      {
        runId: string;
        row: number;
        invocationId: string;
        request: string;
        owner: string;
        startedMs: number;
        place: number;
      }
    >(
      `INSERT INTO runs (id, session_row, invocation_id, state, request, begun_after_us, owner, started_ms, queue_place)
       VALUES ($runId, $row, $invocationId, 'queued', $request, 0, $owner, $startedMs, $place)`,
    ),
    queue: database.query<{ count: number; bytes: number; first: number; last: number }, { row: number }>(
      `SELECT count(*) AS count, coalesce(sum(octet_length(request)), 0) AS bytes,
         coalesce(min(queue_place), 0) AS first, coalesce(max(queue_place), 0) AS last
       FROM runs WHERE session_row = $row AND queue_place IS NOT NULL`,
    ),
    nextQueued: database.query<{ id: string }, { row: number }>(
      `SELECT id FROM runs WHERE session_row = $row AND queue_place IS NOT NULL ORDER BY queue_place LIMIT 1`,
    ),
    beginQueued: database.query<unknown, Run & { row: number; owner: string; startedMs: number }>(
      `UPDATE runs SET state = 'running', queue_place = NULL, owner = $owner, started_ms = $startedMs,
         begun_after_us = (SELECT updated_us FROM sessions WHERE row_id = $row)
       WHERE id = $runId AND state = 'queued'`,
    ),
    renew: database.query<unknown, { row: number; expiresMs: number }>(
      // A lease that was handed over (0) stays so.
      'UPDATE leases SET expires_ms = $expiresMs WHERE session_row = $row AND expires_ms > 0',
    ),
    progress: database.query<unknown, { run: number; tokens: number; eventMs: number }>(
      `INSERT INTO run_progress (run_row, tokens, event_ms) VALUES ($run, $tokens, $eventMs)
       ON CONFLICT (run_row) DO UPDATE SET tokens = excluded.tokens, event_ms = excluded.event_ms`,
    ),
    rowsOf: database.query<RunRows, Run>(
      'SELECT row_id AS run, session_row AS session FROM runs WHERE id = $runId',
    ),
    leaseToken: database.query<{ token: number }, { row: number }>(
      'SELECT fence AS token FROM leases WHERE session_row = $row',
    ),
    // Inserts nothing if the lease has another token.
    insertFrames: database.query<
      unknown,
      {
        run: number;
        session: number;
        token: number;
        first: number;
        count: number;
        kind: string;
        lines: string;
      }
    >(
      `INSERT INTO frames (run_row, first_index, frame_count, kind, lines)
       SELECT $run, $first, $count, $kind, $lines
       WHERE (SELECT fence FROM leases WHERE session_row = $session) = $token`,
    ),
    endRun: database.query<unknown, { run: number; state: string; endedMs: number; usage: string | null }>(
      `UPDATE runs SET state = $state, ended_ms = $endedMs, usage = $usage, request = NULL, cancel_requested = 0, queue_place = NULL
       WHERE row_id = $run`,
    ),
    freeSession: database.query<unknown, { row: number }>(
      `DELETE FROM leases WHERE session_row = $row
       AND NOT EXISTS (SELECT 1 FROM runs WHERE session_row = $row AND queue_place IS NOT NULL)`,
    ),
    expireLease: database.query<unknown, { row: number }>(
      'UPDATE leases SET expires_ms = 0 WHERE session_row = $row',
    ),
    expired: database.query<
      { run_id: string; token: number; app_name: string; user_id: string; session_id: string },
      Clock & Self & { limit: number; except: string }
    >(
      `SELECT l.run_id, l.fence AS token, ${nameOf('l.session_row')} FROM leases l
       WHERE ${HAS_RUN_OUT} AND l.run_id NOT IN (SELECT value FROM json_each($except)) LIMIT $limit`,
    ),
    isExpired: database.query<unknown, Clock & Self & { row: number; token: number }>(
      `SELECT 1 FROM leases l WHERE l.session_row = $row AND l.fence = $token AND ${HAS_RUN_OUT}`,
    ),
    heartbeat: database.query<{ until_ms: number }, { owner: string }>(
      'SELECT until_ms FROM heartbeats WHERE owner = $owner',
    ),
    beat: database.query<unknown, { owner: string; untilMs: number }>(
      `INSERT INTO heartbeats (owner, until_ms) VALUES ($owner, $untilMs)
       ON CONFLICT (owner) DO UPDATE SET until_ms = excluded.until_ms`,
    ),
    stopBeating: database.query<unknown, { owner: string }>('DELETE FROM heartbeats WHERE owner = $owner'),
    nextHeartbeat: database.query<{ until_ms: number | null }, { uptimeMs: number }>(
      'SELECT min(until_ms) AS until_ms FROM heartbeats WHERE until_ms > $uptimeMs',
    ),
    forgetHeartbeats: database.query<unknown, { uptimeMs: number }>(
      `DELETE FROM heartbeats WHERE until_ms <= $uptimeMs
       AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.owner = heartbeats.owner)`,
    ),
    takeRun: database.query<unknown, Run & { owner: string }>(
      'UPDATE runs SET owner = $owner, takeovers = takeovers + 1 WHERE id = $runId',
    ),
    run: database.query<RunRow, Run>(`${RUN} WHERE r.id = $runId`),
    // Listeners ask for it again and again.
    state: database.query<Pick<RunRow, 'state'>, Run>('SELECT state FROM runs WHERE id = $runId'),
    runToTake: database.query<RunRow, Run>(`${runWith('r.request')} WHERE r.id = $runId`),
    running: database.query<RunRow, SessionKey>(
      `${RUN} WHERE r.id = (SELECT run_id FROM leases WHERE session_row = ${SESSION_ROW})`,
    ),
    runsOfSession: database.query<RunRow, SessionKey & { limit: number }>(
      `${RUN_OF_SESSION} WHERE r.session_row = ${SESSION_ROW} ORDER BY r.started_ms DESC, r.id LIMIT $limit`,
    ),
    frames: database.query<{ first_index: number; kind: string; lines: string }, Run & { fromIndex: number }>(
      `SELECT first_index, kind, lines FROM frames
       WHERE run_row = (SELECT row_id FROM runs WHERE id = $runId) AND first_index + frame_count > $fromIndex ORDER BY first_index`,
    ),
    frameCount: database.query<{ count: number }, Run>(
      `SELECT first_index + frame_count AS count FROM frames
       WHERE run_row = (SELECT row_id FROM runs WHERE id = $runId) ORDER BY first_index DESC LIMIT 1`,
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
    // The oldest are first: an index by the time of their end would cost each turn another page.
    prune: database.query<unknown, { endedBeforeMs: number }>(
      `DELETE FROM runs WHERE ended_ms < $endedBeforeMs
       AND row_id IN (SELECT row_id FROM runs ORDER BY row_id LIMIT 200)`,
    ),
  };
}
