import type { Database } from 'bun:sqlite';

export interface SessionRow {
  row_id: number;
  state: string;
  updated_us: number;
  last_seq: number;
}

/** A session with the state that it shares with others; null if there is none. */
export interface SessionStates extends SessionRow {
  app_state: string | null;
  user_state: string | null;
}

export interface LeasedSessionRow extends SessionRow {
  /** Token of the running run's lease; null if none is running. */
  lease_token: number | null;
  run_id: string | null;
}

export interface SummaryRow {
  id: string;
  user_id: string;
  state: string;
  updated_us: number;
}

type Key = { appName: string; userId: string; id: string };

export type Statements = ReturnType<typeof prepareStatements>;

/** Prepares the session store's statements. */
export function prepareStatements(database: Database) {
  return {
    session: database.query<SessionRow, Key>(
      `SELECT row_id, state, updated_us, last_seq FROM sessions
       WHERE app_name = $appName AND user_id = $userId AND id = $id`,
    ),
    sessionWithStates: database.query<SessionStates, Key>(
      `SELECT row_id, state, updated_us, last_seq,
         (SELECT state FROM app_states WHERE app_name = $appName) AS app_state,
         (SELECT state FROM user_states WHERE app_name = $appName AND user_id = $userId) AS user_state
       FROM sessions WHERE app_name = $appName AND user_id = $userId AND id = $id`,
    ),
    leasedSession: database.query<LeasedSessionRow, Key>(
      // A join would cost ten times as much.
      `SELECT row_id, state, updated_us, last_seq,
         (SELECT fence FROM leases WHERE session_row = row_id) AS lease_token,
         (SELECT run_id FROM leases WHERE session_row = row_id) AS run_id
       FROM sessions WHERE app_name = $appName AND user_id = $userId AND id = $id`,
    ),
    insertSession: database.query<unknown, Key & { state: string; updatedUs: number }>(
      `INSERT INTO sessions (app_name, user_id, id, state, updated_us)
       VALUES ($appName, $userId, $id, $state, $updatedUs) ON CONFLICT DO NOTHING`,
    ),
    touchSession: database.query<unknown, { row: number; state: string; updatedUs: number; seq: number }>(
      'UPDATE sessions SET state = $state, updated_us = $updatedUs, last_seq = $seq WHERE row_id = $row',
    ),
    deleteSession: database.query<unknown, { row: number }>('DELETE FROM sessions WHERE row_id = $row'),
    insertEvent: database.query<unknown, { row: number; seq: number; event: string }>(
      'INSERT INTO events (session_row, seq, event) VALUES ($row, $seq, $event)',
    ),
    eventsAfter: database.query<{ event: string }, { row: number; after: number; upTo: number }>(
      'SELECT event FROM events WHERE session_row = $row AND seq > $after AND seq <= $upTo ORDER BY seq',
    ),
    eventSizes: database.query<{ seq: number; bytes: number }, { row: number; after: number; upTo: number }>(
      `SELECT seq, octet_length(event) AS bytes FROM events
       WHERE session_row = $row AND seq > $after AND seq <= $upTo ORDER BY seq`,
    ),
    appState: database.query<{ state: string }, { appName: string }>(
      'SELECT state FROM app_states WHERE app_name = $appName',
    ),
    userState: database.query<{ state: string }, { appName: string; userId: string }>(
      'SELECT state FROM user_states WHERE app_name = $appName AND user_id = $userId',
    ),
    putAppState: database.query<unknown, { appName: string; state: string }>(
      `INSERT INTO app_states (app_name, state) VALUES ($appName, $state)
       ON CONFLICT (app_name) DO UPDATE SET state = excluded.state`,
    ),
    putUserState: database.query<unknown, { appName: string; userId: string; state: string }>(
      `INSERT INTO user_states (app_name, user_id, state) VALUES ($appName, $userId, $state)
       ON CONFLICT (app_name, user_id) DO UPDATE SET state = excluded.state`,
    ),
    historyBytes: database.query<{ bytes: number }, { row: number; after: number; upTo: number }>(
      `SELECT coalesce(sum(octet_length(event)), 0) AS bytes FROM events
       WHERE session_row = $row AND seq > $after AND seq <= $upTo`,
    ),
    newest: database.query<
      SummaryRow,
      { appName: string; userId: string; beforeUs: number; beforeId: string; limit: number }
    >(
      `SELECT id, user_id, state, updated_us FROM sessions
       WHERE app_name = $appName AND user_id = $userId AND (updated_us, id) < ($beforeUs, $beforeId)
       ORDER BY updated_us DESC, id DESC LIMIT $limit`,
    ),
    byUser: database.query<
      SummaryRow,
      { appName: string; afterUser: string; afterId: string; limit: number }
    >(
      `SELECT id, user_id, state, updated_us FROM sessions
       WHERE app_name = $appName AND (user_id, id) > ($afterUser, $afterId)
       ORDER BY user_id, id LIMIT $limit`,
    ),
    probe: database.query<{ ok: number }, []>('SELECT count(*) AS ok FROM sessions WHERE row_id = 0'),
  };
}
