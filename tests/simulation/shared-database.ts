import { openDatabase } from '@lornu/backend/sessions/sqlite/database.ts';
import type { Database, Statement } from 'bun:sqlite';

/**
 * One database in memory, with a separate connection for each process, so that uncommitted writes are lost with the
 * process. The connections share prepared statements, which no process uses across an await.
 */
export function connectionTo(database: Database): Database {
  const known = new Map<PropertyKey, unknown>([
    ['prepare', prepared],
    ['query', prepared],
  ]);
  return new Proxy(database, {
    get: (_, key) => {
      const value: unknown = known.get(key) ?? Reflect.get(database, key, database);
      if (typeof value !== 'function' || known.has(key)) return value;
      const method: unknown = value.bind(database);
      known.set(key, method);
      return method;
    },
  });
}

/** Opened only once, because its schema and statements cost more than a turn. */
const shared = openDatabase(':memory:');

const statements = new Map<string, Statement>();

/** Caches all statements, because bun:sqlite itself caches only 20. */
function prepared(sql: string): Statement {
  const statement = statements.get(sql) ?? shared.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

/** Deletes all rows and returns the database. */
export function emptyDatabase(): Database {
  // An earlier scenario may have ended in the middle of a transaction.
  if (shared.inTransaction) shared.run('ROLLBACK');
  // The stores add tables when they are opened.
  const tables = shared.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'");
  for (const { name } of tables.all()) shared.run(`DELETE FROM ${name}`);
  return shared;
}
