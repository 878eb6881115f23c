import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteOperatorStore } from '../runs/sqlite/sqlite-operator-store.ts';
import { prepareRunStatements } from '../runs/sqlite/run-tables.ts';
import { SqliteRunStore } from '../runs/sqlite/sqlite-run-store.ts';
import { SqliteSpend } from '../runs/sqlite/sqlite-spend.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteTaskRecords } from '../tasks/sqlite/sqlite-task-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'open-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes to the file from another thread for `ms` milliseconds; resolves when it has begun. */
async function keepBusy(file: string, ms: number): Promise<Worker> {
  const program = `
    const { Database } = require('bun:sqlite');
    const database = new Database(${JSON.stringify(file)});
    database.run('BEGIN IMMEDIATE');
    postMessage('busy');
    Bun.sleepSync(${ms});
    database.run('COMMIT');
    database.close();`;
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
  await new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  return worker;
}

test.each([
  ['runs', (database) => new SqliteRunStore({ database })],
  ['operator', (database) => new SqliteOperatorStore(database)],
  ['tasks', (database) => new SqliteTaskRecords({ database })],
  ['spend', (database) => new SqliteSpend(database)],
] as [string, (database: ReturnType<typeof openDatabase>) => unknown][])(
  'the store of %s waits while another process writes to the file, and later calls wait as before',
  async (name, open) => {
    const file = join(folder, `${name}.sqlite`);
    const database = openDatabase(file);
    // The operator's store reads the runs' tables.
    if (name === 'operator') prepareRunStatements(database);
    const timeout = () => database.query('PRAGMA busy_timeout').get();
    const before = timeout();
    const worker = await keepBusy(file, 150);
    open(database);
    expect(timeout()).toEqual(before);
    worker.terminate();
    database.close();
  },
);
