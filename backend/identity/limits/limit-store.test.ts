import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LimitStore } from './limit-store.ts';

test('while its file cannot be written, a process counts on its own and limits still apply', () => {
  const folder = mkdtempSync(join(tmpdir(), 'limits-'));
  const file = join(folder, 'limits.sqlite');
  const store = new LimitStore(file);
  expect([store.add('ann', 1, 1), store.openStream('a', 'ann', 2, 1e15, 0)]).toEqual([1, true]);
  // Simulates a full disk: every write is refused.
  const other = new Database(file);
  other.run("CREATE TRIGGER full_1 BEFORE INSERT ON counters BEGIN SELECT RAISE(ABORT, 'full'); END");
  other.run("CREATE TRIGGER full_2 BEFORE INSERT ON streams BEGIN SELECT RAISE(ABORT, 'full'); END");
  other.run("CREATE TRIGGER full_3 BEFORE DELETE ON streams BEGIN SELECT RAISE(ABORT, 'full'); END");
  expect([1, 2, 3].map(() => store.add('ann', 1, 1))).toEqual([1, 2, 3]);
  // What the file has and what was counted since; nothing of another window.
  expect([store.sum('ann', 1), store.sum('ann', 2), store.sum('ben', 1)]).toEqual([4, 0, 0]);
  expect(['b', 'c', 'd'].map((id) => store.openStream(id, 'ann', 2, 1e15, 0))).toEqual([true, true, false]);
  store.closeStream('b');
  expect(store.openStream('e', 'ann', 2, 1e15, 0)).toBe(true);
  for (const name of ['full_1', 'full_2', 'full_3']) other.run(`DROP TRIGGER ${name}`);
  expect([store.add('ann', 1, 1), store.openStream('f', 'ann', 2, 1e15, 0)]).toEqual([2, true]);
  other.close();
  store.close();
  rmSync(folder, { recursive: true });
});
