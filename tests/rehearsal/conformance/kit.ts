import { startRehearsalWorld, type RehearsalWorld } from '@lornu/rehearsal/conformance/target-rehearsal.ts';
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
