import { CHECKS } from '@lornu/rehearsal/conformance/checks/all.ts';
import type { Theme } from '@lornu/rehearsal/conformance/check.ts';
import { readRecordings } from '@lornu/rehearsal/conformance/recordings.ts';
import { judge, observe, type Observation, type Recorded } from '@lornu/rehearsal/conformance/run-checks.ts';
import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import { startRehearsalWorld, type RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../../..');

/** What a command gets, for a folder of its own. */
export async function startContext() {
  return {
    root: ROOT,
    cacheDir: join(ROOT, '.cache'),
    env: process.env,
    signal: new AbortController().signal,
    redact: (text: string) => text,
    dataDir: await mkdtemp(join(tmpdir(), 'lornu-conformance-')),
  };
}

export async function startWorld(): Promise<RehearsalWorld> {
  return startRehearsalWorld(await startContext(), () => {});
}

/** One world with the single probes for all tests of a file; returns it once they run. */
export function worldOfProbes(): () => RehearsalWorld {
  let world: RehearsalWorld | undefined;
  beforeAll(async () => {
    world = await startWorld();
    await world.scene(singleProbes);
  });
  afterAll(async () => world?.end());
  return () => {
    if (!world) throw new Error('The world has not started.');
    return world;
  };
}

/** A test for each check of the themes, all made at once in one world; returns that world, for the tests that follow. */
export function testChecks(themes: readonly Theme[]): () => RehearsalWorld {
  const checks = CHECKS.filter(({ theme }) => themes.includes(theme));
  const world = worldOfProbes();
  let recorded: Recorded;
  let seen: Observation[] = [];
  beforeAll(async () => {
    recorded = await readRecordings();
    seen = await observe(world(), checks, new AbortController().signal, () => {});
  });

  test.each(checks.map((check) => [check.id, check.title, check] as const))('%s: %s', (id, _title, check) => {
    const observation = seen.find((one) => one.id === id) ?? { id, failed: 'the check did not run' };
    const { verdict, ...result } = judge(check, observation, recorded);
    expect({ ...result, verdict }).toMatchObject({
      verdict: expect.stringMatching(/^(same|by the document|otherwise)$/),
    });
  });
  return world;
}
