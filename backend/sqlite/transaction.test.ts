import { Database } from 'bun:sqlite';
import { afterEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from './open-sqlite.ts';
import { inTransaction } from './transaction.ts';

const folder = mkdtempSync(join(tmpdir(), 'transaction-'));
const database = openSqlite(join(folder, 'a.sqlite'), { schema: 'CREATE TABLE t (x INTEGER)', waitMs: 0 });
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test('small writes are committed together, a large write alone, all in order', async () => {
  // Rows that another connection sees at the beginning of a write were committed before it.
  const reader = new Database(join(folder, 'a.sqlite'), { readonly: true });
  const committed = () => reader.query<{ n: number }, []>('SELECT count(*) AS n FROM t').get()?.n;
  const write = (bytes?: number) =>
    inTransaction(
      database,
      () => {
        const seen = committed();
        database.run('INSERT INTO t VALUES (1)');
        return seen;
      },
      bytes,
    );
  const LARGE = 2 * 1024 * 1024;
  const seen = await Promise.all([write(), write(), write(LARGE), write(LARGE), write(), write()]);
  reader.close();
  expect(seen).toEqual([0, 0, 2, 3, 4, 4]);
});
