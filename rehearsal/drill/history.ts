import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { DrillReport } from './judge-drill.ts';

const SHORT = z.object({
  at: z.string(),
  image: z.string(),
  elapsedMs: z.number(),
  holds: z.boolean(),
  lost: z.number(),
  doubled: z.number(),
  parts: z.array(
    z.object({
      id: z.string(),
      outcome: z.string(),
      detectedMs: z.number().optional(),
      recoveredMs: z.number().optional(),
      interruptedMs: z.number().optional(),
    }),
  ),
});

/** A drill in the history, stored as one line of JSON. */
export type PastDrill = z.infer<typeof SHORT>;

/** Appends a drill to the history file. */
export async function keepDrill(path: string, report: DrillReport): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await appendFile(path, `${JSON.stringify(SHORT.parse(report))}\n`);
}

/** All drills, the oldest first. Ignores invalid lines, such as a last line that a full disk cut off. */
export async function readDrills(path: string): Promise<PastDrill[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    try {
      const read = SHORT.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}
