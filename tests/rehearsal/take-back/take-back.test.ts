import { expect, setDefaultTimeout, test } from 'bun:test';
import { commitSeed } from '../../support/commit-seed.ts';
import { GROUPS } from './faults.ts';
import { STATEMENTS } from './statements.ts';
import { takeBack } from './take-back.ts';

// One group in every run, by the commit; all of them in the long suite.
const all = [...GROUPS, ...STATEMENTS];
const sample = all[commitSeed() % all.length] ?? [];
const groups = process.env['LORNU_EVERY_FAULT'] ? all : [sample];

setDefaultTimeout(1_200_000);

test.each(groups.map((group) => [group.map(({ id }) => id).join(', '), group] as const))(
  'found again: %s',
  async (_ids, group) => {
    const said = await takeBack(group);
    for (const { found } of group) expect(said).toMatch(found);
  },
);
