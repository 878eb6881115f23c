import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { LiveTrial } from '@lornu/evaluation/live.ts';
import { rateInterval } from '@lornu/evaluation/sequential-test.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import type { CassetteFile } from './cassette-files.ts';

/** The file beside the cassettes that has how often the accepted agents passed with a real model. */
const FILE = 'live-baseline.json';
const BASELINE = z.object({
  trials: z.number().int().positive(),
  passed: z.number().int().nonnegative(),
  /** The models that answered, by the names in their responses. */
  models: z.array(z.string()),
  measuredAt: z.string(),
});

/** The share of trials that the accepted agents pass, and its origin. */
export interface Baseline {
  rate: number;
  /** Undefined if the rate was given as an option. */
  measured?: { trials: number; passed: number; low: number; high: number; models: string[] };
}

/** Below 1, so that a single failure is not a proof. */
const HIGHEST_RATE = 0.995;

const folderOf = ({ path }: CassetteFile): string => dirname(path);

/** Reads the baselines beside the cassettes and sums them. Throws a CliError if a folder has no baseline. */
export async function readBaseline(files: readonly CassetteFile[]): Promise<Baseline> {
  const all = await Promise.all(
    [...new Set(files.map(folderOf))].map(async (folder) => readOne(join(folder, FILE))),
  );
  const trials = all.reduce((sum, one) => sum + one.trials, 0);
  const passed = all.reduce((sum, one) => sum + one.passed, 0);
  return {
    // Less than passed / trials, because an agent that passed all trials will not pass every future one.
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
      why = 'The file is not a valid baseline.';
    }
  }
  throw new CliError({
    what: `There is no baseline in ${path}.`,
    why,
    next: 'Measure it with correct agents: ./lornu replay --live --accept, or give a rate: --rate 0.95',
    exitCode: EXIT.usage,
  });
}

/** Writes the baseline of each folder. */
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
