import { expect, test } from 'bun:test';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { runTwoWriters } from '../firestore/two-writers.ts';
import { runChaos } from '../runs/chaos.ts';
import { commitSeed } from '../support/commit-seed.ts';

const seed = commitSeed();

test(`two processes on one Firestore, killed at random for a minute (seed ${seed}): every turn ends once`, async () => {
  const firestore = await startFirestoreStandin({ databases: ['staging'] });
  const options = { conversations: 30, killingMs: 60_000, numbers: 300, seed, firestore };
  const report = await runChaos(options).finally(() => firestore.stop());
  expect(report.faults).toEqual([]);
  expect(report.troubles).toBeGreaterThan(300);
}, 400_000);

test('one process here and one there, killed at random for a minute: no turn is lost here, none is interleaved', async () => {
  const report = await runTwoWriters({ conversations: 12, killingMs: 60_000, killThereEveryMs: 15_000 });
  expect(report.faults).toEqual([]);
  expect(report.kills.here).toBeGreaterThan(30);
  expect(report.turns.refusedThere).toBeGreaterThan(0);
}, 400_000);
