import { join } from 'node:path';

/**
 * The seed of this commit's samples: the same commit is tried in the same way each time, another commit in another way.
 * LORNU_TEST_SEED takes a failure of an earlier commit up again. 1 where there is no git.
 */
export function commitSeed(): number {
  const given = process.env['LORNU_TEST_SEED'];
  if (given) return Number(given);
  const head = Bun.spawnSync(['git', 'rev-parse', 'HEAD'], { cwd: join(import.meta.dir, '../..') });
  return Number.parseInt(head.stdout.toString().slice(0, 7), 16) || 1;
}
