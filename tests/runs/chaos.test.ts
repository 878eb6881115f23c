import { expect, test } from 'bun:test';
import { runChaos } from './chaos.ts';
import { commitSeed } from '../support/commit-seed.ts';

const seed = commitSeed();

test(`killed at random for 9 seconds (seed ${seed}): every turn ends once, every frame is seen once and in order`, async () => {
  const report = await runChaos({ conversations: 50, killingMs: 9_000, numbers: 50, seed });
  expect(report.faults).toEqual([]);
  // Without disturbances nothing was tested.
  expect(report.troubles).toBeGreaterThan(25);
}, 120_000);
