import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDamage, openingDatabase } from '../errors/unusable-database.ts';

export interface OpenSqliteOptions {
  /** Statements that create missing tables. */
  schema: string;
  /** Set before the tables are created, in addition to the pragmas of every file. */
  pragmas?: readonly string[];
  /** Longest time that one call may block the event loop while another process writes, in milliseconds. */
  waitMs: number;
}

/** Blocking is harmless while opening, before anything is served. */
const OPENING_WAIT_MS = 5_000;

/**
 * Opens a file of the service, or `:memory:`, and creates its folder and tables; several processes may open the same
 * file. WAL with synchronous=NORMAL unless a pragma says otherwise: a killed process loses no commit; a power cut may
 * lose the last commits but never tears one. Throws UnusableDatabaseError.
 */
export function openSqlite(path: string, { schema, pragmas = [], waitMs }: OpenSqliteOptions): Database {
  return openingDatabase(path, () => {
    // In a task nothing else is stored on disk, so the folder may not exist.
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    const database = new Database(path, { create: true, strict: true });
    // Another process may be creating the tables at the same time.
    database.run(`PRAGMA busy_timeout = ${OPENING_WAIT_MS}`);
    switchToWal(database);
    for (const pragma of ['synchronous = NORMAL', ...pragmas]) database.run(`PRAGMA ${pragma}`);
    database.run(`PRAGMA busy_timeout = ${waitMs}`);
    createTables(database, schema);
    return database;
  });
}

/** Creates the tables of one more store in an open file. Waits longer for other processes than later calls do. */
export function createTables(database: Database, create: string | (() => void)): void {
  const before = database.query<{ timeout: number }, []>('PRAGMA busy_timeout').get()?.timeout ?? 0;
  database.run(`PRAGMA busy_timeout = ${OPENING_WAIT_MS}`);
  database.transaction(() => void (typeof create === 'string' ? database.run(create) : create())).immediate();
  database.run(`PRAGMA busy_timeout = ${before}`);
}

/** Switching needs exclusive access and, unlike other statements, does not wait for it through busy_timeout. */
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
