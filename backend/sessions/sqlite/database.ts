import type { Database } from 'bun:sqlite';
import { OWN_CHECKPOINT_PAGES } from '../../sqlite/checkpointer.ts';
import { openSqlite } from '../../sqlite/open-sqlite.ts';

/** A busy write first waits this long, then waits without blocking the event loop (transaction.ts). */
const WAIT_MS = 20;

// No WITHOUT ROWID for tables with long rows: to search such a table SQLite reads whole rows, overflow pages included.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sessions (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: caches are keyed by it
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    updated_us INTEGER NOT NULL, -- the last event's timestamp, microseconds since the epoch
    last_seq INTEGER NOT NULL DEFAULT 0,
    UNIQUE (app_name, user_id, id)
  );
  CREATE INDEX IF NOT EXISTS sessions_newest ON sessions (app_name, user_id, updated_us DESC, id DESC);
  -- The run store issues leases, the session store refuses writes without one. The token (fence) identifies a lease.
  CREATE TABLE IF NOT EXISTS leases ( -- one row a running run: a few, however many sessions there are
    session_row INTEGER PRIMARY KEY REFERENCES sessions (row_id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL, -- another with each lease: who holds an older one can't write
    expires_ms INTEGER NOT NULL -- by the uptime of the machine, which nobody sets; 0: given back
  );
  CREATE TABLE IF NOT EXISTS events (
    session_row INTEGER NOT NULL REFERENCES sessions (row_id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    event TEXT NOT NULL, -- the wire form
    PRIMARY KEY (session_row, seq)
  );
  CREATE TABLE IF NOT EXISTS app_states (app_name TEXT PRIMARY KEY, state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS user_states (
    app_name TEXT NOT NULL, user_id TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (app_name, user_id)
  );
`;

/** Opens the file of sessions and runs. Throws UnusableDatabaseError. */
export function openDatabase(path: string): Database {
  // SQLite's default cache of 2 MB holds few sessions: with it a turn read 15 pages from the file.
  const pragmas = [
    'foreign_keys = ON',
    `wal_autocheckpoint = ${OWN_CHECKPOINT_PAGES}`,
    'cache_size = -32768',
  ];
  return openSqlite(path, { schema: SCHEMA, pragmas, waitMs: WAIT_MS });
}
