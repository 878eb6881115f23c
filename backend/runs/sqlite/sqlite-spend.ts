import type { Database } from 'bun:sqlite';
import { createTables } from '../../sqlite/open-sqlite.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import type { SpendStore } from '../budgets.ts';

/** A day's counters are kept for some days, those of a shorter period for an hour. */
const KEPT_MS = 7 * 24 * 60 * 60_000;
const KEPT_SHORT_MS = 60 * 60_000;
const DAY = 'YYYY-MM-DD'.length;

/** The tables of counters, each with the column of their sums, named after its unit. */
const COLUMNS = { spend: 'micro_usd', caller_counts: 'count' } as const;

/** Counters in the session store's file, shared by all processes that open it. */
export class SqliteSpend implements SpendStore {
  readonly #database: Database;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database, table: keyof typeof COLUMNS = 'spend') {
    this.#database = database;
    this.#statements = prepare(database, table, COLUMNS[table]);
  }

  async add(day: string, amounts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const { read, add, forget, forgetShort } = this.#statements;
    const sums = (): Map<string, number> =>
      new Map(
        [...amounts].map(([key, amount]) => {
          const row = amount === 0 ? read.get(day, key) : add.get(day, key, amount);
          return [key, row?.sum ?? amount];
        }),
      );
    if ([...amounts.values()].every((amount) => amount === 0)) return reading(sums);
    const began = Date.parse(day);
    return inTransaction(this.#database, () => {
      if (day.length === DAY) forget.run(new Date(began - KEPT_MS).toISOString().slice(0, DAY));
      else forgetShort.run(new Date(began - KEPT_SHORT_MS).toISOString());
      return sums();
    });
  }
}

function prepare(database: Database, table: string, column: string) {
  createTables(
    database,
    `CREATE TABLE IF NOT EXISTS ${table} (
      day TEXT NOT NULL, counter TEXT NOT NULL, ${column} INTEGER NOT NULL, PRIMARY KEY (day, counter)
    ) WITHOUT ROWID`,
  );
  return {
    add: database.query<{ sum: number }, [string, string, number]>(
      `INSERT INTO ${table} (day, counter, ${column}) VALUES (?1, ?2, ?3)
       ON CONFLICT (day, counter) DO UPDATE SET ${column} = ${column} + excluded.${column} RETURNING ${column} AS sum`,
    ),
    forget: database.query<unknown, [string]>(`DELETE FROM ${table} WHERE day < ?1`),
    forgetShort: database.query<unknown, [string]>(
      `DELETE FROM ${table} WHERE day < ?1 AND length(day) > ${DAY}`,
    ),
    read: database.query<{ sum: number }, [string, string]>(
      `SELECT ${column} AS sum FROM ${table} WHERE day = ?1 AND counter = ?2`,
    ),
  };
}
