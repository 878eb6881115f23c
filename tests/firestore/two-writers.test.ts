import { expect, test } from 'bun:test';
import { runTwoWriters } from './two-writers.ts';

test('one process here and one there, killed at random for seconds: no turn is lost here, none is interleaved', async () => {
  const report = await runTwoWriters({ conversations: 4, killingMs: 6_000, killThereEveryMs: 4_000 });
  expect(report.faults).toEqual([]);
  expect([report.kills.here > 2, report.kills.there, report.turns.there > 3]).toEqual([true, 1, true]);
  // Without a refusal nothing was tested.
  expect(report.turns.refusedThere).toBeGreaterThan(0);
}, 120_000);
