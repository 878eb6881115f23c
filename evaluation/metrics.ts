import { isDeepStrictEqual } from 'node:util';
import { callsOf, type EvalMetric, type Invocation, textOf } from './eval-set.ts';
import { rouge1 } from './rouge.ts';

/** google-adk's EvalStatus, by its numbers on the wire. */
export const STATUS = { passed: 1, failed: 2, notEvaluated: 3, informational: 4 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

export interface RubricScore {
  rubricId: string;
  rationale?: string | null;
  score?: number | null;
}

/** A metric's score of one invocation or of a whole case. */
export interface Score {
  score: number | null;
  status: Status;
  rubricScores?: RubricScore[];
  tokenUsageDetails?: Record<string, number | null>;
  durationDetails?: Record<string, number | null>;
}

export interface Verdict {
  overall: Score;
  perInvocation: Score[];
  /** Why it was not judged, for a person. */
  reason?: string;
}

export type Evaluator = (
  metric: EvalMetric,
  actual: readonly Invocation[],
  expected: readonly Invocation[],
) => Verdict;

export const notJudged = (reason: string): Verdict => ({
  overall: { score: null, status: STATUS.notEvaluated },
  perInvocation: [],
  reason,
});

export const statusOf = (score: number | null, threshold: number): Status =>
  score === null ? STATUS.notEvaluated : score >= threshold ? STATUS.passed : STATUS.failed;

export const thresholdOf = ({ criterion, threshold }: EvalMetric): number =>
  criterion?.threshold ?? threshold ?? Number.NaN;

/** The metrics that need no model. */
export const EVALUATORS: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  [
    'tool_trajectory_avg_score',
    (metric, actual, expected) => compareEach(metric, actual, expected, trajectory(metric)),
  ],
  [
    'response_match_score',
    (metric, actual, expected) =>
      compareEach(metric, actual, expected, (one, other) =>
        rouge1(textOf(one.finalResponse), textOf(other.finalResponse)),
      ),
  ],
  ['tool_call_count_v1', (metric, actual) => reportEach(metric, actual, (one) => callsOf(one).length)],
  [
    'inference_call_count_v1',
    (metric, actual) =>
      reportEach(
        metric,
        actual,
        (one) =>
          (one.intermediateData?.invocationEvents ?? []).filter(
            ({ usageMetadata, modelVersion }) => usageMetadata || modelVersion,
          ).length,
      ),
  ],
  [
    'token_usage_v1',
    (metric, actual) =>
      reportDetails(metric, actual, 'tokenUsageDetails', 'totalTokens', tokensOf, averageTokens),
  ],
  [
    'invocation_duration_v1',
    (metric, actual) =>
      reportDetails(metric, actual, 'durationDetails', 'totalSeconds', durationOf, averageSeconds),
  ],
]);

function compareEach(
  metric: EvalMetric,
  actual: readonly Invocation[],
  expected: readonly Invocation[],
  compare: (actual: Invocation, expected: Invocation) => number,
): Verdict {
  const threshold = thresholdOf(metric);
  if (Number.isNaN(threshold)) return notJudged('It has no threshold.');
  const scores = actual.map((one, index) =>
    compare(one, expected[index] ?? { invocationId: '', userContent: {}, creationTimestamp: 0 }),
  );
  const score = scores.reduce((sum, one) => sum + one, 0) / scores.length;
  return {
    overall: { score, status: statusOf(score, threshold) },
    perInvocation: scores.map((one) => ({ score: one, status: statusOf(one, threshold) })),
  };
}

type Calls = ReturnType<typeof callsOf>;

/** 1 if the calls match, else 0; EXACT, IN_ORDER or ANY_ORDER, as a word in any case or as google-adk's number. */
function trajectory({ criterion }: EvalMetric): (actual: Invocation, expected: Invocation) => number {
  const given = criterion?.['matchType'] ?? 0;
  const type = typeof given === 'string' ? given.trim().toUpperCase().replaceAll(/[- ]/gu, '_') : given;
  const ignoresArgs = criterion?.['ignoreArgs'] === true;
  const same = (one: Calls[number] | undefined, other: Calls[number] | undefined): boolean =>
    one?.name === other?.name && (ignoresArgs || isDeepStrictEqual(one?.args ?? null, other?.args ?? null));
  const fits = (actual: Calls, expected: Calls): boolean => {
    if (type === 0 || type === 'EXACT')
      return actual.length === expected.length && actual.every((call, index) => same(call, expected[index]));
    const left = [...actual];
    return expected.every((call) => {
      const at = left.findIndex((one) => same(one, call));
      if (at === -1) return false;
      left.splice(type === 1 || type === 'IN_ORDER' ? 0 : at, type === 1 || type === 'IN_ORDER' ? at + 1 : 1);
      return true;
    });
  };
  return (actual, expected) => (fits(callsOf(actual), callsOf(expected)) ? 1 : 0);
}

function average(values: readonly (number | null)[], of: number): number | null {
  const present = values.filter((value) => value !== null);
  return present.length > 0 ? present.reduce((sum, value) => sum + value, 0) / of : null;
}

function reportEach(
  metric: EvalMetric,
  actual: readonly Invocation[],
  count: (one: Invocation) => number,
): Verdict {
  const scores = actual.map(count);
  return informational(
    metric,
    average(scores, scores.length),
    scores.map((score) => ({ score, status: STATUS.informational })),
  );
}

type Details = Record<string, number | null>;

function reportDetails(
  metric: EvalMetric,
  actual: readonly Invocation[],
  field: 'tokenUsageDetails' | 'durationDetails',
  total: string,
  read: (one: Invocation) => Details,
  averageOf: (all: (number | null)[]) => number | null,
): Verdict {
  const all = actual.map(read);
  const overall = Object.fromEntries(
    Object.keys(all[0] ?? {}).map((key) => [key, averageOf(all.map((details) => details[key] ?? null))]),
  );
  return informational(
    metric,
    overall[total] ?? null,
    all.map((details) => ({ score: details[total] ?? null, status: STATUS.informational, [field]: details })),
    { [field]: overall },
  );
}

function informational(
  metric: EvalMetric,
  score: number | null,
  perInvocation: Score[],
  details: Partial<Score> = {},
): Verdict {
  // google-adk refuses a threshold here, to keep it for later use.
  if (metric.criterion ?? metric.threshold)
    return notJudged(
      'It takes no threshold: it reports a value and never passes or fails. Remove it from criteria.',
    );
  return { overall: { score, status: STATUS.informational, ...details }, perInvocation };
}

/** Gemini omits a count that is zero, so missing ones count as zero among calls that report it. */
const averageTokens = (values: (number | null)[]): number | null => average(values, values.length);
const averageSeconds = (values: (number | null)[]): number | null => {
  const mean = average(values, values.filter((value) => value !== null).length);
  return mean === null ? null : Number(mean.toFixed(3));
};

function tokensOf({ intermediateData }: Invocation): Details {
  const sum: Details = {};
  const add = (key: string, ...counts: unknown[]): void => {
    const present = counts.filter((count) => typeof count === 'number');
    sum[key] =
      present.length > 0
        ? present.reduce((total, count) => total + count, sum[key] ?? 0)
        : (sum[key] ?? null);
  };
  for (const usage of [
    {},
    ...(intermediateData?.invocationEvents ?? []).map(({ usageMetadata }) => usageMetadata ?? {}),
  ] as Record<string, unknown>[]) {
    add('inputTokens', usage['promptTokenCount'], usage['toolUsePromptTokenCount']);
    add('promptTokens', usage['promptTokenCount']);
    add('cachedTokens', usage['cachedContentTokenCount']);
    add('toolUseTokens', usage['toolUsePromptTokenCount']);
    add('outputTokens', usage['candidatesTokenCount'], usage['thoughtsTokenCount']);
    add('candidatesTokens', usage['candidatesTokenCount']);
    add('reasoningTokens', usage['thoughtsTokenCount']);
  }
  const { inputTokens = null, outputTokens = null, ...parts } = sum;
  const totalTokens =
    inputTokens === null && outputTokens === null ? null : (inputTokens ?? 0) + (outputTokens ?? 0);
  return { totalTokens, inputTokens, outputTokens, ...parts };
}

const durationOf = ({ duration }: Invocation): Details => ({
  totalSeconds: duration ?? null,
  modelSeconds: null,
  toolSeconds: null,
  frameworkSeconds: null,
});
