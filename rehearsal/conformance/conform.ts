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

/** The checks whose id has one of the words in it; all without a word. */
export function chooseChecks(words: readonly string[], long: boolean): Check[] {
  const chosen = CHECKS.filter(
    (check) =>
      (long || !check.long || words.includes(check.id)) &&
      (words.length === 0 || words.some((word) => check.id.includes(word))),
  );
  if (chosen.length > 0) return chosen;
  throw new CliError({
    what: 'No check has this name.',
    why: `None has ${words.map((word) => `"${word}"`).join(' or ')} in its id.`,
    next: './lornu conformance --list shows them.',
    exitCode: EXIT.usage,
  });
}

interface ConformOptions {
  checks: readonly Check[];
  /** Another folder of recordings. */
  recordings?: string | undefined;
}

/** Starts the stand-ins, makes the checks and holds what was seen against AWS's recordings. */
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

/** Makes the probe stack in an AWS account, makes the checks there, records what they saw, and removes the stack. */
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
  // Against the sentences: what AWS does otherwise than its document is worth a line.
  return {
    results: checks.map((check) => judge(check, observationOf(check, observations), new Map())),
    files,
  };
}

/** Removes what an earlier, killed run left in the account. */
export async function removeLeft(region: string, context: StartContext, emit: Emit): Promise<boolean> {
  const path = ledgerPath(context.dataDir);
  if ((await readFile(path, 'utf8').catch(() => '')) === '') return false;
  await runSteps(
    [
      {
        id: 'clean-up',
        title: 'Remove what is left of the probe stack',
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
          title: 'Make the probe stack',
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
  return observations.find((one) => one.id === id) ?? { id, failed: 'it was not made' };
}
