import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDamage, openingDatabase } from '../errors/damaged-database.ts';

export interface OpenSqliteOptions {
  /** Statements that make the tables where they are not there yet. */
  schema: string;
  /** Set before the tables are made, beside those of every file. */
  pragmas?: readonly string[];
  /** Longest that one call may hold up the event loop while another process writes, milliseconds. */
  waitMs: number;
}

/** While opening, before anything is served, holding up is harmless. */
const OPENING_WAIT_MS = 5_000;

/**
 * Opens a file of the service, or `:memory:`, and makes its folder and tables; several processes may open the same file.
 * WAL with synchronous=NORMAL unless a pragma says otherwise: a killed process loses nothing that was committed; a power
 * cut may lose the last commits but never tears one. Throws DamagedDatabaseError.
 */
export function openSqlite(path: string, { schema, pragmas = [], waitMs }: OpenSqliteOptions): Database {
  // In a task nothing else is kept on disk, so nobody else has made the folder.
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  return openingDatabase(path, () => {
    const database = new Database(path, { create: true, strict: true });
    // Making the tables may meet another process that does the same.
    database.run(`PRAGMA busy_timeout = ${OPENING_WAIT_MS}`);
    switchToWal(database);
    for (const pragma of ['synchronous = NORMAL', ...pragmas]) database.run(`PRAGMA ${pragma}`);
    database.transaction(() => database.run(schema)).immediate();
    database.run(`PRAGMA busy_timeout = ${waitMs}`);
    return database;
  });
}

/** The switch needs the file for itself and, unlike all else, does not wait for it by busy_timeout. */
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
