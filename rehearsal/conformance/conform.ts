import { readFile } from 'node:fs/promises';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { runSteps } from '@lornu/ops/steps/run-steps.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import type { Check } from './check.ts';
import { CHECKS } from './checks/all.ts';
import { createClients } from './clients.ts';
import { readRecordings, writeRecordings } from './recordings.ts';
import { judge, observe, type Observation, type Result } from './run-checks.ts';
import { Ledger } from './stack/ledger.ts';
import { cleanUpLeft, ledgerPath, startAwsWorld, type AwsOptions } from './target-aws.ts';
import { startRehearsalWorld } from './target-rehearsal.ts';
import type { World } from './world.ts';

/** The checks whose id contains one of the words; all checks if no word is given. */
export function chooseChecks(words: readonly string[]): Check[] {
  const chosen = CHECKS.filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)));
  if (chosen.length > 0) return chosen;
  throw new CliError({
    what: 'No check has this name.',
    why: `No check has ${words.map((word) => `"${word}"`).join(' or ')} in its id.`,
    next: 'Choose a name that ./lornu conformance --list shows.',
    exitCode: EXIT.usage,
  });
}

interface ConformOptions {
  checks: readonly Check[];
  /** A folder of recordings in place of the default one. */
  recordings?: string | undefined;
}

/** Starts the stand-ins, runs the checks and compares the results with AWS's recordings. */
export async function compare(
  { checks, recordings }: ConformOptions,
  context: StartContext,
  emit: Emit,
): Promise<Result[]> {
  const recorded = await readRecordings(recordings);
  const observations = await look(
    checks,
    async (say) => startRehearsalWorld(context, say),
    context.signal,
    emit,
  );
  return checks.map((check) => judge(check, observationOf(check, observations), recorded));
}

/** Creates the probe stack in an AWS account, runs and records the checks there, and removes the stack. */
export async function record(
  { checks, recordings }: ConformOptions,
  aws: AwsOptions,
  context: StartContext,
  emit: Emit,
): Promise<{ results: Result[]; files: string[] }> {
  let secrets: string[] = [];
  const observations = await look(
    checks,
    async (say) => {
      const world = await startAwsWorld(aws, context, say);
      ({ secrets } = world);
      return world;
    },
    context.signal,
    emit,
  );
  const on = new Date().toISOString().slice(0, 10);
  const files = await writeRecordings(CHECKS, observations, on, secrets, recordings);
  // Compared with the sentences, so that the report shows where AWS differs from its own documentation.
  return {
    results: checks.map((check) => judge(check, observationOf(check, observations), new Map())),
    files,
  };
}

/** Removes the resources that an earlier, killed run left in the account. */
export async function removeLeft(region: string, context: StartContext, emit: Emit): Promise<boolean> {
  const path = ledgerPath(context.dataDir);
  if ((await readFile(path, 'utf8').catch(() => '')) === '') return false;
  await runSteps(
    [
      {
        id: 'clean-up',
        title: 'Remove the rest of the probe stack',
        run: async ({ line }) => cleanUpLeft(createClients({ region }), await Ledger.open(path), line),
      },
    ],
    emit,
  );
  return true;
}

async function look(
  checks: readonly Check[],
  start: (say: (what: string) => void) => Promise<World & { end: () => Promise<void> }>,
  signal: AbortSignal,
  emit: Emit,
): Promise<Observation[]> {
  let world: Awaited<ReturnType<typeof start>> | undefined;
  let observations: Observation[] = [];
  try {
    await runSteps(
      [
        {
          id: 'start',
          title: 'Create the probe stack',
          run: async ({ line }) => void (world = await start(line)),
        },
        {
          id: 'look',
          title: `Make ${checks.length} checks`,
          run: async ({ line }) => {
            if (!world) return;
            let done = 0;
            observations = await observe(world, checks, signal, ({ id }) => {
              done += 1;
              line(`${done} of ${checks.length}: ${id}`);
            });
          },
        },
      ],
      emit,
    );
  } finally {
    const ending = world;
    if (ending)
      await runSteps([{ id: 'end', title: 'Remove the probe stack', run: async () => ending.end() }], emit);
  }
  return observations;
}

function observationOf({ id }: Check, observations: readonly Observation[]): Observation {
  return observations.find((one) => one.id === id) ?? { id, failed: 'the check did not run' };
}
