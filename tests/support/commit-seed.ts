import { join } from 'node:path';

/**
 * The seed of this commit's samples: always the same for one commit, different for another. LORNU_TEST_SEED repeats the
 * failure of an earlier commit. 1 without git.
 */
export function commitSeed(): number {
  const given = process.env['LORNU_TEST_SEED'];
  if (given) return Number(given);
  const head = Bun.spawnSync(['git', 'rev-parse', 'HEAD'], { cwd: join(import.meta.dir, '../..') });
  return Number.parseInt(head.stdout.toString().slice(0, 7), 16) || 1;
}
