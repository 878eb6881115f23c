import { expect, test } from 'bun:test';
import { commitSeed } from '../../support/commit-seed.ts';
import { GROUPS } from './faults.ts';
import { takeBack } from './take-back.ts';

// One group in every run, by the commit; ../take-back-all has them all.
const group = GROUPS[commitSeed() % GROUPS.length] ?? [];

test(`found again: ${group.map(({ id }) => id).join(', ')}`, async () => {
  const said = await takeBack(group);
  for (const { found } of group) expect(said).toMatch(found);
}, 600_000);
