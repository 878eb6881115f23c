import { startRehearsalWorld, type RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
import { singleProbes } from '@lornu/rehearsal/conformance/scenes/single-probes.ts';
import { afterAll, beforeAll } from 'bun:test';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dir, '../../..');

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
export function worldOfProbes(withinMs: number): () => RehearsalWorld {
  let world: RehearsalWorld | undefined;
  beforeAll(async () => {
    world = await startWorld();
    await world.scene(singleProbes);
  }, withinMs);
  afterAll(async () => world?.end());
  return () => {
    if (!world) throw new Error('The world has not started.');
    return world;
  };
}
