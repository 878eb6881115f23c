import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { runChaos } from '../runs/chaos.ts';
import { commitSeed } from '../support/commit-seed.ts';

const seed = commitSeed();
let firestore: FirestoreStandin;

// Optimistic, like staging's database. With locks each kill may cost a minute: tests/long-firestore does that.
beforeAll(async () => {
  firestore = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
});
afterAll(() => firestore.stop());

test(`two processes on one Firestore, killed at random for 4 seconds (seed ${seed}): every turn ends once`, async () => {
  const report = await runChaos({ conversations: 8, killingMs: 4_000, numbers: 25, seed, firestore });
  expect(report.faults).toEqual([]);
  // Without disturbances nothing was tested.
  expect(report.troubles).toBeGreaterThan(3);
}, 120_000);
