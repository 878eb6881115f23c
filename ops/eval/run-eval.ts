import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type AgentServer, listApps, ServerError } from '@lornu/evaluation/agent-client.ts';
import { callsOf, type Invocation, SET_EXTENSION, textOf } from '@lornu/evaluation/eval-set.ts';
import { type CaseResult, evaluate, type Remark, type SetResult } from '@lornu/evaluation/evaluate.ts';
import { type AskJudge, geminiJudge } from '@lornu/evaluation/judge.ts';
import { toSnakeKeys } from '@lornu/evaluation/keys.ts';
import { STATUS } from '@lornu/evaluation/metrics.ts';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import type { SetFile } from './eval-files.ts';

export interface Evaluated {
  file: SetFile;
  result: SetResult;
  remarks: Remark[];
}

/** The judge model, where there is a key; the stand-in cannot judge. */
export function judgeOf({ env }: CliContext): AskJudge | undefined {
  const key = env['GEMINI_API_KEY'];
  return key && !env['GOOGLE_GEMINI_BASE_URL'] ? geminiJudge({ key }) : undefined;
}

/** Runs each set against the server, one after another. */
export async function runEval(
  server: AgentServer,
  files: readonly SetFile[],
  context: CliContext,
  options: {
    evalIds: readonly string[];
    parallel: number;
    onCase: (setId: string, evalId: string, status: number) => void;
  },
): Promise<Evaluated[]> {
  await assertServed(server, files);
  const ask = judgeOf(context);
  const evaluated: Evaluated[] = [];
  for (const file of files) {
    const { evalSet, metrics, appName } = file;
    // Each set has the server to itself.
    const { result, remarks } = await evaluate(server, {
      appName,
      evalSet,
      metrics,
      ask,
      evalIds: options.evalIds,
      parallel: options.parallel,
      userSuffix: `-${crypto.randomUUID().slice(0, 8)}`,
      onCase: ({ evalId, finalEvalStatus }) => options.onCase(evalSet.evalSetId, evalId, finalEvalStatus),
    });
    evaluated.push({ file, result, remarks });
  }
  if (evaluated.every(({ result }) => result.evalCaseResults.length === 0)) {
    throw new CliError({
      what: 'No case was evaluated.',
      why: `None of the sets has a case named ${options.evalIds.join(' or ')}.`,
      next: `Name cases of ${files.map(({ path }) => path).join(', ')}.`,
      exitCode: EXIT.usage,
    });
  }
  return evaluated;
}

/** Throws if the server lacks an agent of these sets or cassettes; a cassette has a name. */
export async function assertServed(
  server: AgentServer,
  wanted: readonly { appName: string; name?: string }[],
): Promise<void> {
  const apps = await listApps(server).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError({
      what: `${server.url} gives no list of its agents.`,
      why,
      next:
        error instanceof ServerError && (error.status === 401 || error.status === 403)
          ? 'Give a token of a machine that may act for users: --token-file FILE.'
          : "It has to be a server of ADK's API, such as ./lornu up or adk api_server; look at its address.",
    });
  });
  const missing = wanted.find(({ appName }) => !apps.includes(appName));
  if (!missing) return;
  throw new CliError({
    what: `There is no agent "${missing.appName}" at ${server.url}.`,
    why: `It serves: ${apps.join(', ') || 'none'}.`,
    next:
      missing.name === undefined
        ? 'Name an agent that it serves, or serve this one there.'
        : `Serve this agent there, or leave out its cassettes, such as ${missing.name}; delete them if the agent is gone for good.`,
  });
}

/** Stores a result where google-adk does, beside the agent: `.adk/eval_history/NAME.evalset_result.json`. */
export async function keepResult({ file, result }: Evaluated): Promise<string> {
  const path = join(
    dirname(file.path),
    '.adk/eval_history',
    `${result.evalSetResultName}.evalset_result.json`,
  );
  await mkdir(dirname(path), { recursive: true });
  await Bun.write(path, JSON.stringify(toSnakeKeys(result), null, 2));
  return path;
}

const WORDS = {
  [STATUS.passed]: 'ok',
  [STATUS.failed]: 'NO',
  [STATUS.notEvaluated]: '--',
  [STATUS.informational]: '',
} as const;

/** Cases with their scores, what failed cases did, and what was not judged and why. */
export function renderEval(evaluated: readonly Evaluated[]): string {
  const lines: string[] = [];
  for (const { file, result, remarks } of evaluated) {
    const cases = result.evalCaseResults;
    const passed = cases.filter(({ finalEvalStatus }) => finalEvalStatus === STATUS.passed).length;
    lines.push('', `${file.appName}/${result.evalSetId}: ${passed} of ${cases.length} passed`);
    const name = basename(file.path, SET_EXTENSION);
    if (name !== result.evalSetId)
      lines.push(
        `  note  its eval_set_id should be "${name}", as the file: ADK's page looks for its results there`,
      );
    for (const one of cases) {
      const { evalId, finalEvalStatus, overallEvalMetricResults } = one;
      const scores = overallEvalMetricResults
        .filter(({ evalStatus }) => evalStatus === STATUS.passed || evalStatus === STATUS.failed)
        .map(({ metricName, score, threshold }) => `${metricName} ${round(score ?? 0)} of ${threshold}`);
      lines.push(
        `  ${WORDS[finalEvalStatus].padEnd(2)}  ${evalId.padEnd(36)} ${scores.join(', ')}`,
        ...differences(one),
      );
    }
    const reasons = Map.groupBy(remarks, ({ metricName, reason }) => `${metricName ?? 'not run'}: ${reason}`);
    for (const [reason, ones] of reasons) {
      const ids = ones.map(({ evalId }) => evalId);
      lines.push(`  not judged  ${reason} (${ids.length === cases.length ? 'all cases' : ids.join(', ')})`);
    }
    lines.push(`  per turn    ${efficiency(result)}`);
  }
  return `${lines.join('\n')}\n`;
}

const MOST_CHARS = 300;
/** What a metric compares, for people. */
const COMPARED: Readonly<Record<string, (invocation: Invocation) => string>> = {
  tool_trajectory_avg_score: (invocation) =>
    callsOf(invocation)
      .map(({ name, args = {} }) => `${name} ${JSON.stringify(args)}`)
      .join(', ') || 'no tool call',
  response_match_score: ({ finalResponse }) => textOf(finalResponse) || 'no text',
};

/** The expected and the actual side of each failed comparison of a case. */
function differences({ evalMetricResultPerInvocation: turns }: CaseResult): string[] {
  return turns.flatMap(({ actualInvocation, expectedInvocation, evalMetricResults }, index) =>
    evalMetricResults.flatMap(({ metricName, evalStatus }) => {
      const show = COMPARED[metricName];
      if (evalStatus !== STATUS.failed || !show) return [];
      const cut = (text: string): string => text.replaceAll('\n', ' ').slice(0, MOST_CHARS);
      return [
        `        turn ${index + 1}, expected: ${cut(expectedInvocation ? show(expectedInvocation) : '')}`,
        `        turn ${index + 1}, actual:   ${cut(show(actualInvocation))}`,
      ];
    }),
  );
}

function efficiency({ evalCaseResults }: SetResult): string {
  const mean = (name: string): string => {
    const scores = evalCaseResults.flatMap(({ overallEvalMetricResults }) =>
      overallEvalMetricResults.flatMap(({ metricName, score }) =>
        metricName === name && score !== null ? [score] : [],
      ),
    );
    return scores.length === 0
      ? 'n/a'
      : `${round(scores.reduce((sum, score) => sum + score, 0) / scores.length)}`;
  };
  return `${mean('inference_call_count_v1')} model calls, ${mean('tool_call_count_v1')} tool calls, ${mean('token_usage_v1')} tokens, ${mean('invocation_duration_v1')} s`;
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000;
