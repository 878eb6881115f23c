import { join } from 'node:path';
import type { AgentServer } from '@lornu/evaluation/agent-client.ts';
import { startCassetteServer } from '@lornu/evaluation/cassette-server.ts';
import { type EvalMetric } from '@lornu/evaluation/eval-set.ts';
import {
  type LiveResult,
  type LiveTrial,
  type LiveUse,
  NotAvailableError,
  playLive,
} from '@lornu/evaluation/live.ts';
import { SequentialTest, type SequentialOptions } from '@lornu/evaluation/sequential-test.ts';
import { costOf } from '@lornu/backend/model/prices.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import type { CliContext } from '../base/cli-context.ts';
import { CliError } from '../base/cli-error.ts';
import { chooseModel } from '../up/model-choice.ts';
import type { CassetteFile } from './cassette-files.ts';
import { readMetrics } from './eval-files.ts';
import { modelVariables } from './local-service.ts';
import { assertServed, judgeOf } from './run-eval.ts';
import { type Candidate, startCandidate } from './run-replay.ts';

export interface LiveSeries extends LiveResult {
  /** The models that answered, by the names in their responses. */
  models: string[];
  seconds: number;
}

/**
 * Plays the cassettes' messages to a candidate with a real model. For a candidate that this function starts, the tools'
 * answers come from the cassettes; the tools of a server at `url` really run. `test` can end the series early.
 */
export async function runLive(
  files: readonly CassetteFile[],
  candidate: Candidate,
  context: CliContext,
  options: {
    agentsDir: string;
    parallel: number;
    repetitions: number;
    most: LiveUse;
    config?: string | undefined;
    test?: SequentialTest;
    headers?: Readonly<Record<string, string>>;
    onTrial?: (trial: LiveTrial) => void;
  },
): Promise<LiveSeries> {
  const { agentsDir, config } = options;
  const cassettes = files.map(({ cassette }) => cassette);
  const metrics = new Map<string, EvalMetric[]>();
  for (const { appName } of cassettes)
    if (!metrics.has(appName)) metrics.set(appName, await readMetrics(join(agentsDir, appName), config));
  const player = candidate.url === undefined ? startCassetteServer() : undefined;
  const isOwn = player !== undefined && chooseModel(context.env).kind === 'own-stand-in';
  const model = isOwn ? await spawnGeminiStandin() : undefined;
  const modelUrl = model?.url ?? context.env['GOOGLE_GEMINI_BASE_URL'] ?? '';
  const env = {
    ...modelVariables(context.env),
    ...(modelUrl === '' ? {} : { GOOGLE_GEMINI_BASE_URL: modelUrl }),
    ...(player ? { LORNU_REPLAY_URL: player.url } : {}),
  };
  const stops = [async () => player?.stop(), async () => model?.stop()];
  try {
    const started = await startCandidate(candidate, { modelUrl, env }, context, agentsDir);
    stops.unshift(started.stop);
    const server: AgentServer = { url: started.url, headers: options.headers ?? {}, signal: context.signal };
    await assertServed(server, cassettes);
    const models = new Set<string>();
    const beganAt = performance.now();
    const result = await playLive(server, cassettes, {
      ...options,
      ...(options.test ? { sequential: options.test } : {}),
      metricsOf: (appName) => metrics.get(appName) ?? [],
      ask: judgeOf(context),
      player,
      costOf: ({ modelVersion, usageMetadata }) => {
        if (modelVersion !== undefined) models.add(modelVersion);
        return costOf(modelVersion ?? '', usageMetadata ?? {}, Date.now()) ?? 0;
      },
    });
    assertJudged(result.trials);
    return { ...result, models: [...models], seconds: (performance.now() - beganAt) / 1_000 };
  } catch (error) {
    if (!(error instanceof NotAvailableError)) throw error;
    throw new CliError({
      what: 'Nothing can be said about the candidate.',
      why: `Its model or its server was not available, five times in a row: ${error.message}`,
      next: 'Try again later, or with fewer at once: --parallel 1',
    });
  } finally {
    for (const stop of stops)
      // Stop the client before the server.
      await stop();
  }
}

/** Throws if no metric judged a trial, because it would pass whatever the candidate does. */
function assertJudged(trials: readonly LiveTrial[]): void {
  const unjudged = trials.find(
    ({ passed, scores, reasons }) => passed && scores.length + reasons.length === 0,
  );
  if (!unjudged) return;
  throw new CliError({
    what: `No metric judges ${unjudged.name}.`,
    why: unjudged.notJudged.join(' ') || `Its agent's criteria have no threshold.`,
    next: 'Give criteria that need no model, such as tool_trajectory_avg_score: --config FILE',
  });
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Describes what a series will decide and may cost, before it begins. */
export function renderPlan(
  files: readonly CassetteFile[],
  { repetitions, most }: { repetitions: number; most: LiveUse },
  test: (SequentialOptions & { from: string }) | undefined,
): string {
  const turns = files.reduce((sum, { cassette }) => sum + cassette.turns.length, 0);
  const lines = [
    `${files.length} conversations with ${turns} turns, each up to ${repetitions} times; at most ${most.turns} turns, ${most.tokens.toLocaleString('en-US')} tokens and ${most.costUsd} USD (a judge's calls are not counted).`,
  ];
  if (test) {
    const expected = SequentialTest.expectedTrials(test);
    lines.push(
      `Accepted: ${percent(test.rate)} pass (${test.from}). Worse: ${percent(test.rate - test.worseBy)} or less.`,
      `Wald's sequential test: a candidate as good is called worse in at most ${percent(test.alpha)} of series, one worse by ${Math.round(test.worseBy * 100)} points as good in at most ${percent(test.beta)}; about ${expected['as good']} and ${expected.worse} conversations are needed.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** For each conversation: how often it passed, and the reasons of failures. */
export function summarize(trials: readonly LiveTrial[]) {
  return [...Map.groupBy(trials, ({ name }) => name)].map(([name, all]) => {
    const counted = all.filter(({ passed }) => passed !== undefined);
    return {
      name,
      appName: all[0]?.appName ?? '',
      trials: counted.length,
      passed: counted.filter(({ passed }) => passed).length,
      notCounted: all.length - counted.length,
      reasons: [...new Set(all.flatMap(({ reasons }) => reasons))],
    };
  });
}

/** Renders the decision, the conversations that did not always pass, and the used resources. */
export function renderLive(
  { trials, used, decision, limit, models, seconds }: LiveSeries,
  hasTest: boolean,
  reportPath: string | undefined,
): string {
  const counted = trials.filter(({ passed }) => passed !== undefined);
  const passed = counted.filter((trial) => trial.passed).length;
  const ended = limit
    ? ` (${{ turns: '--max-turns', tokens: '--max-tokens', costUsd: '--max-cost' }[limit]} was reached)`
    : '';
  const words = { worse: 'Worse', 'as good': 'As good', undecided: `Undecided${ended}` };
  const notJudged = [...new Set(trials.flatMap((trial) => trial.notJudged))];
  return `${[
    `${hasTest ? words[decision ?? 'undecided'] : `Measured${ended}`}: ${passed} of ${counted.length} conversations passed (${percent(passed / Math.max(counted.length, 1))})`,
    ...summarize(trials).flatMap((one) =>
      one.passed < one.trials || one.notCounted > 0
        ? [
            `  ${one.name}: ${one.passed} of ${one.trials}${one.notCounted > 0 ? `, ${one.notCounted} not counted` : ''}: ${one.reasons.join('; ')}`,
          ]
        : [],
    ),
    ...notJudged.map((reason) => `  not judged  ${reason}`),
    `Used: ${used.turns} turns, ${used.tokens.toLocaleString('en-US')} tokens, ${used.costUsd.toFixed(4)} USD, ${seconds.toFixed(1)} s; answered by ${models.join(', ') || 'a model whose responses have no name'}`,
    ...(reportPath === undefined ? [] : [`Side by side: ${reportPath}`]),
  ].join('\n')}\n`;
}
