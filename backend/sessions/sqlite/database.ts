import { isDamage, openingDatabase } from '../../errors/damaged-database.ts';
import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** A checkpoint syncs the file; every 16 MB instead of every 4 MB of writes. See checkpointer.ts for those of many. */
export const OWN_CHECKPOINT_PAGES = 4_000;
/** Longest that one call may hold up the event loop while another process writes; beyond it we wait without holding. */
const BLOCKING_WAIT_MS = 20;
/** While opening, before anything is served, holding up is harmless. */
const OPENING_WAIT_MS = 5_000;

// No WITHOUT ROWID where a row may be long: to find a place in such a table SQLite reads whole rows, overflow pages included.
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
  CREATE TABLE IF NOT EXISTS leases ( -- one row a running run: a few, however many sessions there are
    session_row INTEGER PRIMARY KEY REFERENCES sessions (row_id) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL, -- another with each lease: an older holder can't write
    expires_ms INTEGER NOT NULL
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

/**
 * Opens the store's file and makes its tables; several processes may open the same file.
 * WAL with synchronous=NORMAL: a killed process loses nothing that was committed; a power cut may lose the last
 * commits but never tears one. Throws DamagedDatabaseError.
 */
export function openDatabase(path: string): Database {
  return openingDatabase(path, () => openWhole(path));
}

function openWhole(path: string): Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path, { create: true, strict: true });
  // Making the tables may meet another process that does the same.
  database.run(`PRAGMA busy_timeout = ${OPENING_WAIT_MS}`);
  switchToWal(database);
  database.run('PRAGMA synchronous = NORMAL');
  database.run('PRAGMA foreign_keys = ON');
  database.run(`PRAGMA wal_autocheckpoint = ${OWN_CHECKPOINT_PAGES}`);
  // SQLite's own 2 MB hold few sessions: with them a turn read 15 pages from the file.
  database.run('PRAGMA cache_size = -32768');
  database.transaction(() => database.run(SCHEMA)).immediate();
  database.run(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
  return database;
}

/** The switch to WAL needs the file for itself and, unlike all else, does not wait for it by busy_timeout. */
function switchToWal(database: Database): void {
  const giveUpAt = performance.now() + OPENING_WAIT_MS;
  for (;;) {
    try {
      database.run('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (isDamage(error) || performance.now() > giveUpAt) throw error;
      Bun.sleepSync(5);
    }
  }
}
