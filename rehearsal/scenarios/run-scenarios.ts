import { inOneLine } from '@lornu/ops/base/cli-error.ts';
import { runStep } from '@lornu/ops/steps/run-steps.ts';
import type { Verdict } from '@lornu/ops/verify/check.ts';
import { badImage } from './bad-image.ts';
import { failingImage } from './failing-image.ts';
import { killedTask } from './killed-task.ts';
import { rollingDeploy } from './rolling-deploy.ts';
import type { Scenario, ScenarioResult, Stage } from './scenario.ts';

/** In this order, so that the turns of the killed task belong to the remaining version. */
export const SCENARIOS: readonly Scenario[] = [rollingDeploy, badImage, failingImage, killedTask];

/**
 * Runs the scenarios one after the other; one that throws has failed, and the next one runs all the same. Rejects if a
 * stand-in is gone.
 */
export async function runScenarios(
  stage: Stage,
  scenarios: readonly Scenario[] = SCENARIOS,
): Promise<ScenarioResult[]> {
  const { emit, signal } = stage.context;
  emit({ kind: 'plan', steps: scenarios.map(({ id, title }) => ({ id, title })) });
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    results.push(await playScenario(scenario, stage));
    signal.throwIfAborted();
    // If a part of the rehearsal itself is gone, later results say nothing about the service.
    await Promise.race([stage.served.failed, Promise.resolve()]);
  }
  return results;
}

/** Plays one scenario; if it throws, it has failed. */
export async function playScenario(scenario: Scenario, stage: Stage): Promise<ScenarioResult> {
  const { id, title } = scenario;
  const beganMs = Date.now();
  let verdict: Verdict = { outcome: 'failed', expected: 'an end', seen: 'none' };
  // Ends what a failed scenario has started, such as clients that never give up.
  const end = new AbortController();
  const { context } = stage;
  const own = { ...stage, context: { ...context, signal: AbortSignal.any([context.signal, end.signal]) } };
  const step = {
    id,
    title,
    run: async (io: Parameters<Scenario['run']>[1]) => {
      try {
        verdict = await scenario.run(own, io);
      } catch (error) {
        verdict = { ...verdict, seen: inOneLine(error) };
      } finally {
        end.abort(new Error('the scenario is over'));
      }
      if (verdict.outcome === 'failed') throw new Error(verdict.seen);
      return verdict.outcome === 'passed' ? verdict.seen : `${verdict.outcome}: ${verdict.seen}`;
    },
  };
  await runStep(step, stage.context.emit).catch(() => undefined);
  return { id, title, ...verdict, beganMs, elapsedMs: Date.now() - beganMs };
}
