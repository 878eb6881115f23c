import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, search, shrink } from './search.ts';
import { scenarioOf, simulate } from './scenario.ts';

/**
 * Fixed seeds, so that the result depends only on the changes of a commit. long-simulation uses a seed for each commit.
 */
const FIRST_SEED = 1;
const SCENARIOS = 30;

test(`${SCENARIOS} random scenarios break no promise`, async () => {
  const { turns, found } = await search(FIRST_SEED, ({ scenarios }) => scenarios >= SCENARIOS);
  if (found) throw new Error(describe(await shrink(found)));
  expect(turns).toBeGreaterThan(5 * SCENARIOS);
}, 180_000);

test.each(['SQLite', 'Firestore'] as const)(
  'the same seed gives the same history on %s, byte for byte, in this process and in another',
  async (store) => {
    const folder = mkdtempSync(join(tmpdir(), 'history-'));
    try {
      const file = join(folder, 'history.jsonl');
      const main = join(import.meta.dir, 'main.ts');
      const asked = ['--store', store, '--seed', `${FIRST_SEED}`, '--scenarios', '1', '--history', file];
      const cmd = [process.execPath, main, ...asked];
      expect(await Bun.spawn({ cmd, stdout: 'ignore', stderr: 'inherit' }).exited).toBe(0);
      const once = await Bun.file(file).text();
      const again = simulate(scenarioOf(FIRST_SEED, store))
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join('');
      expect(again).toBe(once);
      expect(once.split('\n').length).toBeGreaterThan(50);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
