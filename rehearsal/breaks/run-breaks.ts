import { absent } from '@lornu/ops/verify/verdict.ts';
import { runScenarios } from '../scenarios/run-scenarios.ts';
import type { ScenarioResult, Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';

/**
 * Plays breaks one after the other. Breaks that affect only their own conversation run at the same time. A break that
 * needs the applied network is reported as absent without it. Rejects if a stand-in has ended.
 */
export async function runBreaks(stage: Stage, breaks: readonly Break[]): Promise<ScenarioResult[]> {
  const possible = breaks.map((one) =>
    one.needsNetwork && !stage.served.vpc
      ? {
          ...one,
          run: async () =>
            absent(one.recovery, 'it needs the applied network, which this machine has not built'),
        }
      : one,
  );
  const alone = possible.filter(({ isAlone }) => isAlone);
  const together = await Promise.all(alone.map(async (one) => runScenarios(stage, [one])));
  const others = possible.filter(({ isAlone }) => !isAlone);
  return [...together.flat(), ...(others.length > 0 ? await runScenarios(stage, others) : [])];
}
