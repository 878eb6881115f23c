import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import { readRecordings } from '@lornu/rehearsal/conformance/recordings.ts';
import { judge, observe, type Observation, type Recorded } from '@lornu/rehearsal/conformance/run-checks.ts';
import type { RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startWorld } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(600_000);

let world: RehearsalWorld | undefined;
let seen: Observation[];
let recorded: Recorded;
beforeAll(async () => {
  world = await startWorld();
  recorded = await readRecordings();
  seen = await observe(world, CHECKS, new AbortController().signal, () => {});
}, 1_500_000);
afterAll(async () => world?.end());

test.each(CHECKS.map((check) => [check.id, check.title, check] as const))('%s: %s', (id, _title, check) => {
  const observation = seen.find((one) => one.id === id) ?? { id, failed: 'the check did not run' };
  const { verdict, ...result } = judge(check, observation, recorded);
  expect({ ...result, verdict }).toMatchObject({
    verdict: expect.stringMatching(/^(same|by the document|otherwise)$/),
  });
});
