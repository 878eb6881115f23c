import { callsOf, type EvalMetric, type Invocation, responsesOf, type Rubric, textOf } from './eval-set.ts';
import { readLabel, readRubrics } from './judge-answers.ts';
import {
  notJudged,
  type RubricScore,
  type Score,
  STATUS,
  statusOf,
  thresholdOf,
  type Verdict,
} from './metrics.ts';

/** Asks a judge model; returns its text. Throws if there is no answer. */
export type AskJudge = (model: string, prompt: string, config: Record<string, unknown>) => Promise<string>;

/** google-adk's own defaults (evaluation/eval_metrics.py, JudgeModelOptions). */
const DEFAULT_JUDGE = 'gemini-2.5-flash';
const DEFAULT_SAMPLES = 5;

/** What the agent's model was told, if known, so that the judge sees the same. */
export interface AgentFacts {
  instructions: string;
  /** JSON. */
  tools: string;
}

interface Judged {
  prompt: (
    actual: Invocation,
    expected: Invocation | undefined,
    rubrics: readonly Rubric[],
    facts: AgentFacts,
  ) => string;
  /** The type of rubrics that a case or an invocation adds; undefined for a metric without rubrics. */
  rubricType?: string;
}

const JUDGED: ReadonlyMap<string, Judged> = new Map<string, Judged>([
  ['final_response_match_v2', { prompt: matchPrompt }],
  [
    'rubric_based_final_response_quality_v1',
    { prompt: (...parts) => rubricPrompt('final answer', ...parts), rubricType: 'FINAL_RESPONSE_QUALITY' },
  ],
  [
    'rubric_based_tool_use_quality_v1',
    { prompt: (...parts) => rubricPrompt('use of tools', ...parts), rubricType: 'TOOL_USE_QUALITY' },
  ],
]);

/** Metrics of google-adk that are not judged here, and who could judge them. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...[
    'safety_v1',
    'response_evaluation_score',
    'multi_turn_task_success_v1',
    'multi_turn_trajectory_quality_v1',
    'multi_turn_tool_use_quality_v1',
  ].map(
    (name) =>
      [
        name,
        "Google judges it in Vertex AI's evaluation service; run adk eval with a project for it.",
      ] as const,
  ),
  ...[
    'hallucinations_v1',
    'per_turn_user_simulator_quality_v1',
    'rubric_based_multi_turn_trajectory_quality_v1',
  ].map((name) => [name, 'Only adk eval judges it.'] as const),
]);

/** The names of all metrics that a model judges, here or elsewhere. */
export const JUDGED_METRICS: readonly string[] = [...JUDGED.keys(), ...ELSEWHERE.keys()];

/**
 * Scores a case with a model, like google-adk: several samples of each invocation, their majority, the mean over
 * invocations. The prompts are our own; the forms of the answers are google-adk's.
 */
export async function judge(
  metric: EvalMetric,
  actual: readonly Invocation[],
  expected: readonly Invocation[],
  caseRubrics: readonly Rubric[],
  { ask, facts }: { ask: AskJudge | undefined; facts: AgentFacts },
): Promise<Verdict> {
  const { metricName, criterion } = metric;
  const judged = JUDGED.get(metricName);
  if (!judged)
    return notJudged(
      ELSEWHERE.get(metricName) ?? 'There is no such metric in google-adk 2.13, and custom ones are Python.',
    );
  if (!ask) return notJudged('It needs a judge model: set GEMINI_API_KEY.');
  const options = (criterion?.['judgeModelOptions'] ?? {}) as {
    judgeModel?: string;
    numSamples?: number;
    judgeModelConfig?: Record<string, unknown>;
  };
  const threshold = thresholdOf(metric);
  const own = (criterion?.['rubrics'] ?? []) as Rubric[];
  const rubricsOf = actual.map((_, index) => [
    ...own,
    ...[...caseRubrics, ...(expected[index]?.rubrics ?? [])].filter(({ type }) => type === judged.rubricType),
  ]);
  if (judged.rubricType) {
    const wrong = rubricsOf.map(problemOf).find((problem) => problem !== undefined);
    if (wrong !== undefined) return notJudged(wrong);
  }
  let failure: string | undefined;
  const perInvocation = await Promise.all(
    actual.map(async (one, index): Promise<Score> => {
      const rubrics = rubricsOf[index] ?? [];
      const prompt = judged.prompt(one, expected[index], rubrics, facts);
      try {
        const samples = await Promise.all(
          Array.from({ length: options.numSamples ?? DEFAULT_SAMPLES }, async () =>
            ask(options.judgeModel ?? DEFAULT_JUDGE, prompt, options.judgeModelConfig ?? {}),
          ),
        );
        return judged.rubricType
          ? majorityOfRubrics(
              samples.map((text) => readRubrics(text, rubrics)),
              threshold,
            )
          : majority(samples.map(readLabel), threshold);
      } catch (error) {
        // A failed sample leaves only its own invocation without a score.
        failure ??= error instanceof Error ? error.message : String(error);
        return { score: null, status: STATUS.notEvaluated };
      }
    }),
  );
  return {
    overall: judged.rubricType
      ? meanOfRubrics(perInvocation, threshold)
      : meanScore(perInvocation, threshold),
    perInvocation,
    ...(failure === undefined ? {} : { reason: failure }),
  };
}

function problemOf(rubrics: readonly Rubric[]): string | undefined {
  if (rubrics.length === 0) return 'Rubrics are required.';
  const ids = rubrics.map(({ rubricId }) => rubricId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : `There are two rubrics named "${twice}".`;
}

/** A tie counts against the answer. */
function majority(scores: readonly (number | null)[], threshold: number): Score {
  const counted = scores.filter((score) => score !== null);
  const valid = counted.filter((score) => score === 1).length;
  const score = counted.length === 0 ? null : valid > counted.length - valid ? 1 : 0;
  return { score, status: statusOf(score, threshold) };
}

const mean = (scores: readonly (number | null | undefined)[]): number | null => {
  const present = scores.filter((score) => typeof score === 'number');
  return present.length > 0 ? present.reduce((sum, score) => sum + score, 0) / present.length : null;
};

function meanScore(perInvocation: readonly Score[], threshold: number): Score {
  const score = mean(perInvocation.map((one) => one.score));
  return { score, status: statusOf(score, threshold) };
}

function groupById(scores: readonly RubricScore[]): RubricScore[][] {
  return [...Map.groupBy(scores, ({ rubricId }) => rubricId).values()];
}

function majorityOfRubrics(samples: readonly RubricScore[][], threshold: number): Score {
  const rubricScores = groupById(samples.flat()).flatMap((scores) => {
    const positive = scores.filter(({ score }) => score === 1);
    const negative = scores.filter(({ score }) => score === 0);
    return (positive.length > negative.length ? positive[0] : (negative[0] ?? scores[0])) ?? [];
  });
  const score = mean(rubricScores.map((one) => one.score));
  return { score, status: statusOf(score, threshold), rubricScores };
}

function meanOfRubrics(perInvocation: readonly Score[], threshold: number): Score {
  const all = perInvocation.flatMap(({ rubricScores }) => rubricScores ?? []);
  const score = mean(all.map((one) => one.score));
  return {
    score,
    status: statusOf(score, threshold),
    rubricScores: groupById(all).map((scores) => ({
      rubricId: scores[0]?.rubricId ?? '',
      score: mean(scores.map((one) => one.score)),
      rationale: 'The mean over the invocations; each has its own rationale.',
    })),
  };
}

function matchPrompt(actual: Invocation, expected: Invocation | undefined): string {
  return `You compare an assistant's answer with a reference answer that a person approved.
The answer is valid when everything that the reference says and that matters for the question is in it, in whatever form,
order or length, and nothing in it contradicts the reference. Further true facts do no harm; a wrong unit, number or name does.

Question:
${textOf(actual.userContent)}

Answer:
${textOf(actual.finalResponse)}

Reference:
${textOf(expected?.finalResponse)}

Say why in one or two sentences. Reply with this JSON alone:
{"reasoning": "...", "is_the_agent_response_valid": "valid" or "invalid"}`;
}

function rubricPrompt(
  subject: string,
  actual: Invocation,
  _expected: Invocation | undefined,
  rubrics: readonly Rubric[],
  { instructions, tools }: AgentFacts,
): string {
  const responses = new Map(responsesOf(actual).map((response) => [response.id, response.response]));
  const steps = callsOf(actual).map((call, step) => ({
    step,
    call: { name: call.name, args: call.args },
    response: responses.get(call.id) ?? null,
  }));
  return `You judge an assistant's ${subject} by a list of properties, each on its own, strictly and only by what stands here.
Facts count when the person or a tool's response states them; what the assistant only claims does not.
A property that does not apply is fulfilled.

<instructions>
${instructions}
</instructions>
<tools>
${tools}
</tools>
<question>
${textOf(actual.userContent)}
</question>
<steps>
${JSON.stringify(steps, null, 2)}
</steps>
<answer>
${textOf(actual.finalResponse)}
</answer>
<properties>
${rubrics.map(({ rubricId, rubricContent }) => `* [id: ${rubricId}] ${rubricContent.textProperty ?? ''}`).join('\n')}
</properties>

For each property write these four lines, and nothing else:
ID: its id
Property: its words, unchanged
Rationale: why, in one sentence
Verdict: yes or no`;
}

/** A judge through Gemini's API. */
export function geminiJudge({
  key,
  baseUrl = 'https://generativelanguage.googleapis.com',
  fetch: send = fetch,
}: {
  key: string;
  baseUrl?: string;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}): AskJudge {
  return async (model, prompt, config) => {
    const response = await send(`${baseUrl}/v1beta/models/${encodeURIComponent(model)}:generateContent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
      body: JSON.stringify({
        contents: [{ role: 'user', parts: [{ text: prompt }] }],
        ...(Object.keys(config).length > 0 ? { generationConfig: config } : {}),
      }),
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok) throw new Error(`The judge model ${model} answered ${response.status}.`);
    const answer = (await response.json()) as {
      candidates?: { content?: { parts?: { text?: string; thought?: boolean }[] } }[];
    };
    return (answer.candidates?.[0]?.content?.parts ?? [])
      .flatMap(({ text, thought }) => (thought ? [] : (text ?? [])))
      .join('');
  };
}
