import { type Database, SQLiteError } from 'bun:sqlite';
import { openSqlite } from '../../sqlite/open-sqlite.ts';

const WAIT_MS = 5_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, window INTEGER NOT NULL, amount INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS streams (id TEXT PRIMARY KEY, caller TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS streams_by_caller ON streams (caller, expires);
`;

/**
 * Per-caller counters in SQLite, shared by all processes that open the same file. With `:memory:` this process counts
 * on its own, as a task without a shared disk must. If the file cannot be written (full disk, or locked by another
 * process), this process counts in memory: nobody is refused for that, and no limit is lifted.
 */
export class LimitStore {
  readonly #db: Database;
  /** Opened on first use. */
  #spare: Database | undefined;

  constructor(file: string) {
    this.#db = open(file);
  }

  /** Adds to a counter in the given window and returns its sum; an older window's sum is dropped. */
  add(key: string, window: number, amount: number): number {
    const row = this.#write((db) =>
      db
        .query<{ amount: number }, [string, number, number]>(
          `INSERT INTO counters (key, window, amount) VALUES (?1, ?2, ?3)
           ON CONFLICT (key) DO UPDATE SET
             amount = CASE WHEN window = excluded.window THEN amount ELSE 0 END + excluded.amount,
             window = excluded.window
           RETURNING amount`,
        )
        .get(key, window, amount),
    );
    return row?.amount ?? amount;
  }

  /** A counter's sum in the given window; without a write, because each turn asks. */
  sum(key: string, window: number): number {
    const read = (db: Database | undefined): number =>
      db
        ?.query<{ amount: number }, [string, number]>(
          'SELECT amount FROM counters WHERE key = ?1 AND window = ?2',
        )
        .get(key, window)?.amount ?? 0;
    try {
      return read(this.#db) + read(this.#spare);
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
      return read(this.#spare);
    }
  }

  /** Takes one of the caller's stream slots; false if all `max` are taken. The slot expires at `expiresAtMs`. */
  openStream(id: string, caller: string, max: number, expiresAtMs: number, nowMs: number): boolean {
    const { changes } = this.#write((db) =>
      db
        .query<unknown, [string, string, number, number, number]>(
          `INSERT INTO streams (id, caller, expires)
           SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM streams WHERE caller = ?2 AND expires > ?4) < ?5`,
        )
        .run(id, caller, expiresAtMs, nowMs, max),
    );
    return changes > 0;
  }

  /** If this fails, the slot expires by itself. */
  closeStream(id: string): void {
    this.#spare?.query('DELETE FROM streams WHERE id = ?1').run(id);
    this.#write((db) => db.query('DELETE FROM streams WHERE id = ?1').run(id));
  }

  /** Removes slots of processes that died. */
  sweep(nowMs: number): void {
    this.#write((db) => db.query('DELETE FROM streams WHERE expires <= ?1').run(nowMs));
  }

  close(): void {
    this.#db.close();
    this.#spare?.close();
  }

  #write<T>(work: (db: Database) => T): T {
    try {
      return work(this.#db);
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
      this.#spare ??= open(':memory:');
      return work(this.#spare);
    }
  }
}

// Losing counters in a power cut is harmless.
const open = (file: string): Database =>
  openSqlite(file, { schema: SCHEMA, pragmas: ['synchronous = OFF'], waitMs: WAIT_MS });
