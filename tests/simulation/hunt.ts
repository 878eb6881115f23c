import { join } from 'node:path';
import type { PlantedBug } from './planted-bug.ts';

export interface Hunt {
  bug: PlantedBug;
  /** The guarantee that the bug breaks, the first line of the report; undefined if the bug was not found. */
  found: string | undefined;
  seconds: number;
  output: string;
}

/** Plays scenarios with a planted bug in a separate process, until the bug is found. `limits`: options of main.ts. */
export async function hunt(bug: PlantedBug, seed: number, limits: readonly string[]): Promise<Hunt> {
  const begun = performance.now();
  const child = Bun.spawn({
    cmd: [
      process.execPath,
      '--preload',
      join(import.meta.dir, 'plant.ts'),
      join(import.meta.dir, 'main.ts'),
      '--as-found',
      ...storeOf(bug),
      '--seed',
      `${seed}`,
      ...limits,
    ],
    env: { ...process.env, LORNU_PLANTED_BUG: bug.name },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  const [found] = /^guarantee \d+: .*$/m.exec(output) ?? [];
  return { bug, found, seconds: (performance.now() - begun) / 1_000, output: output + complaint };
}

/** If the bug is in the code of one store, only scenarios with this store can find it. */
function storeOf({ file, name }: PlantedBug): string[] {
  if (file.includes('/firestore/') || name.startsWith('Firestore')) return ['--store', 'Firestore'];
  return file.includes('/sqlite/') ? ['--store', 'SQLite'] : [];
}
