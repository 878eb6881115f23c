import { expect, test } from 'bun:test';
import { GROUPS } from '../take-back/faults.ts';
import { takeBack } from '../take-back/take-back.ts';

test.each(GROUPS.map((group) => [group.map(({ id }) => id).join(', '), group] as const))(
  'found again: %s',
  async (_ids, group) => {
    const said = await takeBack(group);
    for (const { found } of group) expect(said).toMatch(found);
  },
  600_000,
);
