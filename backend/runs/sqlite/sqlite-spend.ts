import type { Database } from 'bun:sqlite';
import { createTables } from '../../sqlite/open-sqlite.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import type { SpendStore } from '../budgets.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS spend (
  day TEXT NOT NULL, counter TEXT NOT NULL, micro_usd INTEGER NOT NULL, PRIMARY KEY (day, counter)
) WITHOUT ROWID`;
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Counters in the session store's file, shared by all processes that open it. */
export class SqliteSpend implements SpendStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    createTables(database, SCHEMA);
  }

  async add(day: string, amounts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const add = this.#database.query<{ micro_usd: number }, [string, string, number]>(
      `INSERT INTO spend (day, counter, micro_usd) VALUES (?1, ?2, ?3)
       ON CONFLICT (day, counter) DO UPDATE SET micro_usd = micro_usd + excluded.micro_usd RETURNING micro_usd`,
    );
    if ([...amounts.values()].every((amount) => amount === 0)) return this.#read(day, amounts);
    const oldest = new Date(Date.parse(day) - KEPT_MS).toISOString().slice(0, 10);
    return inTransaction(this.#database, () => {
      this.#database.query('DELETE FROM spend WHERE day < ?').run(oldest);
      return new Map(
        [...amounts].map(([key, amount]) => [key, add.get(day, key, amount)?.micro_usd ?? amount]),
      );
    });
  }

  #read(day: string, amounts: ReadonlyMap<string, number>): Map<string, number> {
    const read = this.#database.query<{ micro_usd: number }, [string, string]>(
      'SELECT micro_usd FROM spend WHERE day = ? AND counter = ?',
    );
    return reading(
      () => new Map([...amounts.keys()].map((key) => [key, read.get(day, key)?.micro_usd ?? 0])),
    );
  }
}
