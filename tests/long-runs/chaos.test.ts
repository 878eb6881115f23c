import { expect, test } from 'bun:test';
import { runChaos } from '../runs/chaos.ts';
import { commitSeed } from '../support/commit-seed.ts';

const seed = commitSeed();

test(`killed at random for a minute (seed ${seed}): every turn ends once, every frame is seen once and in order`, async () => {
  const report = await runChaos({ conversations: 50, killingMs: 60_000, numbers: 300, seed });
  expect(report.faults).toEqual([]);
  expect(report.troubles).toBeGreaterThan(500);
}, 300_000);
