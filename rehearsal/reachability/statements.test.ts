import { describe, expect, test } from 'bun:test';
import { BROKEN_NETWORKS } from './broken-networks.ts';
import type { Network } from './network.ts';
import { soundNetwork } from './sound-network.ts';
import { evaluateNetwork } from './statements.ts';

/** Ids of the statements that fail in a network broken like this. */
function failing(breakIt: (network: Network) => void): string[] {
  const network = soundNetwork();
  breakIt(network);
  return evaluateNetwork(network)
    .filter((statement) => !statement.holds)
    .map((statement) => statement.id)
    .toSorted();
}

test('a sound network fulfils every statement, and says by which way', () => {
  const statements = evaluateNetwork(soundNetwork());
  expect(statements.filter((statement) => !statement.holds)).toEqual([]);
  expect(statements.find(({ id }) => id === 'tasks-google')).toMatchObject({
    seen: '443',
    through: ['private-a', 'nat-1', 'public-a', 'igw-1'],
  });
  expect(statements.find(({ id }) => id === 'tasks-secretsmanager')?.through).toEqual([
    'private-a',
    'vpce-secrets',
  ]);
  expect(statements.find(({ id }) => id === 'tasks-s3')?.through).toEqual(['private-a', 'vpce-s3']);
});

describe('what is broken is found:', () => {
  for (const [name, { breakIt, fails }] of Object.entries(BROKEN_NETWORKS)) {
    test(name, () => expect(failing(breakIt)).toEqual(fails.toSorted()));
  }
});
