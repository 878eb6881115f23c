import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { LiveTrial } from '@lornu/evaluation/live.ts';
import { rateInterval } from '@lornu/evaluation/sequential-test.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import type { CassetteFile } from './cassette-files.ts';

/** How often the accepted agents passed with a real model; beside the cassettes. */
const FILE = 'live-baseline.json';
const BASELINE = z.object({
  trials: z.number().int().positive(),
  passed: z.number().int().nonnegative(),
  /** Models that answered, as they name themselves. */
  models: z.array(z.string()),
  measuredAt: z.string(),
});

/** The share of trials that pass with what was accepted, and where that is known from. */
export interface Baseline {
  rate: number;
  /** Undefined if it was given as an option. */
  measured?: { trials: number; passed: number; low: number; high: number; models: string[] };
}

/** Below 1: one failure must not be proof. */
const HIGHEST_RATE = 0.995;

const folderOf = ({ path }: CassetteFile): string => dirname(path);

/** Reads what was measured beside the cassettes, summed over their folders. Throws a CliError if a folder has nothing. */
export async function readBaseline(files: readonly CassetteFile[]): Promise<Baseline> {
  const all = await Promise.all(
    [...new Set(files.map(folderOf))].map(async (folder) => readOne(join(folder, FILE))),
  );
  const trials = all.reduce((sum, one) => sum + one.trials, 0);
  const passed = all.reduce((sum, one) => sum + one.passed, 0);
  return {
    // Not passed / trials: nobody who passed all of them will always do so.
    rate: Math.min((passed + 1) / (trials + 2), HIGHEST_RATE),
    measured: {
      trials,
      passed,
      ...rateInterval(passed, trials),
      models: [...new Set(all.flatMap(({ models }) => models))].toSorted(),
    },
  };
}

async function readOne(path: string): Promise<z.infer<typeof BASELINE>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  let why = 'Nobody has measured how often the accepted agents pass with a real model.';
  if (text !== undefined) {
    try {
      return BASELINE.parse(JSON.parse(text));
    } catch {
      why = 'It has another form.';
    }
  }
  throw new CliError({
    what: `There is no baseline in ${path}.`,
    why,
    next: 'Measure it with the agents that are right: ./lornu replay --live --accept; or give it: --rate 0.95',
    exitCode: EXIT.usage,
  });
}

/** Writes how often each folder's conversations passed. */
export async function writeBaseline(
  files: readonly CassetteFile[],
  trials: readonly LiveTrial[],
  models: readonly string[],
  now: Date,
): Promise<string[]> {
  const folders = new Map(files.map((file) => [file.cassette.name, folderOf(file)]));
  const byFolder = Map.groupBy(
    trials.filter(({ passed }) => passed !== undefined),
    ({ name }) => folders.get(name) ?? '',
  );
  return Promise.all(
    [...byFolder].map(async ([folder, ones]) => {
      const path = join(folder, FILE);
      const measured: z.infer<typeof BASELINE> = {
        trials: ones.length,
        passed: ones.filter(({ passed }) => passed).length,
        models: models.toSorted(),
        measuredAt: now.toISOString(),
      };
      await writeFile(path, `${JSON.stringify(measured, null, 2)}\n`);
      return path;
    }),
  );
}
