import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../testing/until.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { Checkpointer } from './checkpointer.ts';

const MEGABYTE = 1024 * 1024;
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function start({ program, lookEveryMs = 10 }: { program?: URL; lookEveryMs?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'checkpointer-'));
  const file = join(folder, 'sessions.sqlite');
  const database = openDatabase(file);
  const warnings: unknown[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };
  const checkpointer = new Checkpointer({ database, file, log, lookEveryMs, program });
  open.push(() => {
    checkpointer.stop();
    database.close();
    rmSync(folder, { recursive: true });
  });
  database.run('CREATE TABLE notes (text TEXT)');
  // A checkpoint that resets the log locks out writers for a moment; the stores try again (transaction.ts).
  database.run('PRAGMA busy_timeout = 5000');
  return {
    warnings,
    write: (megabytes: number) => {
      for (let i = 0; i < megabytes; i++)
        database.run('INSERT INTO notes VALUES (?)', ['x'.repeat(MEGABYTE)]);
    },
    writeAtOnce: (megabytes: number) =>
      database.run('INSERT INTO notes VALUES (?)', ['x'.repeat(megabytes * MEGABYTE)]),
    log: () => statSync(`${file}-wal`).size,
    main: () => statSync(file).size,
    notes: () => database.query('SELECT count(*) AS count, sum(length(text)) AS length FROM notes').get(),
  };
}

describe('checkpoints outside the event loop', () => {
  test('a long log is written back and reset, and nothing of it is lost', async () => {
    const store = start();
    store.write(8);
    expect(store.main()).toBeLessThan(MEGABYTE);
    await until(() => store.log() === 0);
    expect([store.log(), store.main() > 8 * MEGABYTE]).toEqual([0, true]);
    store.write(8);
    await until(() => store.log() === 0);
    expect(store.notes()).toEqual({ count: 16, length: 16 * MEGABYTE });
    expect(store.warnings).toEqual([]);
  });

  test('the writing connection leaves them to the worker', async () => {
    const store = start();
    store.write(8);
    await until(() => store.log() === 0);
    store.write(24);
    expect(store.main()).toBeLessThan(16 * MEGABYTE);
  });

  test('a short log is left alone', async () => {
    const store = start();
    store.write(1);
    await Bun.sleep(100);
    expect(store.log()).toBeGreaterThan(MEGABYTE);
  });

  test('the first large write leaves them to it too: one commit of 20 MB', async () => {
    const store = start({ lookEveryMs: 60_000 });
    store.writeAtOnce(20);
    expect(store.main()).toBeLessThan(MEGABYTE);
  });

  test('if the worker fails, the writing connection makes its own again', async () => {
    const store = start({ program: new URL('./no-such-worker.ts', import.meta.url) });
    store.write(8);
    await until(() => store.warnings.length > 0);
    expect(store.warnings).toEqual([
      'Checkpoints of the session store are made between turns: the worker for them failed',
    ]);
    store.write(20);
    expect(store.main()).toBeGreaterThan(16 * MEGABYTE);
  });
});
