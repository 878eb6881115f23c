import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MODEL } from '@lornu/agents/model.ts';
import type { AgentServer } from '@lornu/evaluation/agent-client.ts';
import {
  EFFICIENCY_METRICS,
  type EvalSet,
  type Invocation,
  parseEvalConfig,
  parseEvalSet,
} from '@lornu/evaluation/eval-set.ts';
import { type CaseResult, evaluate, type MetricResult, type SetResult } from '@lornu/evaluation/evaluate.ts';
import { geminiJudge, judge } from '@lornu/evaluation/judge.ts';
import { toSnakeKeys } from '@lornu/evaluation/keys.ts';
import type { Score } from '@lornu/evaluation/metrics.ts';
import { rouge1 } from '@lornu/evaluation/rouge.ts';
import { startGcpAgent, startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { startJudge } from './library/judge-model.ts';

const ROOT = resolve(import.meta.dir, '../..');
const WITHIN_MS = 120_000;
setDefaultTimeout(WITHIN_MS);

const stops: (() => Promise<unknown>)[] = [];
const scratchDir = await mkdtemp(join(tmpdir(), 'evaluation-'));
const model = await spawnGeminiStandin();
const modelUrl = model.url;
stops.push(model.stop);
// `adk eval` stores its results beside the agent.
const agents = join(scratchDir, 'agents');
await cp(join(ROOT, 'gcp-agent/agents'), agents, { recursive: true });
const gcpAgent = await startGcpAgent({ root: ROOT, modelUrl, agentsDir: agents, scratchDir });
stops.push(gcpAgent.stop);
afterAll(async () => {
  await Promise.all(stops.map(async (stop) => stop()));
  await rm(scratchDir, { recursive: true, force: true });
});

const python = async <Answers extends unknown[]>(...requests: unknown[]): Promise<Answers> =>
  pythonAt<Answers>(modelUrl, ...requests);

/** google-adk with its model, or its judge, at a stand-in. */
async function pythonAt<Answers extends unknown[]>(url: string, ...requests: unknown[]): Promise<Answers> {
  const child = Bun.spawn({
    cmd: [join(ROOT, 'gcp-agent/.venv/bin/python'), join(import.meta.dir, 'google_adk.py')],
    env: {
      PATH: process.env['PATH'] ?? '',
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_API_KEY: 'stand-in',
      PYTHONPATH: join(ROOT, 'gcp-agent'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
    stdin: new Blob([JSON.stringify(requests)]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(errors.slice(-3_000));
  return JSON.parse(out) as Answers;
}

const readAgentFile = async (app: string, file: string): Promise<string> =>
  Bun.file(join(ROOT, 'agents', app, file)).text();
const setOf = async (app: string): Promise<EvalSet> =>
  parseEvalSet(await readAgentFile(app, 'basic.evalset.json'), 'basic');
const serverAt = (url: string): AgentServer => ({ url });

/** Scores and statuses by case and metric, from google_adk.py. */
function scoresOf({ evalCaseResults }: SetResult): Scores {
  return Object.fromEntries(
    evalCaseResults.map((one) => [
      one.evalId,
      Object.fromEntries(
        one.overallEvalMetricResults.map(({ metricName, score, evalStatus, details }, index) => [
          metricName,
          {
            overall: [score, evalStatus],
            perInvocation: one.evalMetricResultPerInvocation.map(({ evalMetricResults }) => [
              evalMetricResults[index]?.score,
              evalMetricResults[index]?.evalStatus,
            ]),
            rubrics: (details.rubricScores ?? []).map((rubric) => [rubric.rubricId, rubric.score ?? null]),
            tokens: details.tokenUsageDetails ?? null,
          },
        ]),
      ),
    ]),
  );
}

type Scores = Record<string, Record<string, object>>;

/** A turn's time differs in each run, and Python rounds the mean of two to even. */
const withoutTime = (scores: Scores): Scores =>
  Object.fromEntries(
    Object.entries(scores).map(([evalId, metrics]) => [
      evalId,
      Object.fromEntries(Object.entries(metrics).filter(([name]) => name !== 'invocation_duration_v1')),
    ]),
  );

/** Words for each rule of the tokenizer and the stemmer, in every script that has a rule. */
const WORDS = (
  'the cats were running happily and skies dying dies tied tying enjoyed enjoys spied spy only abilities relational ' +
  'conditional hopefulness geology analogously controlled rolling fizzed filing failing hopping agreed feed matting mating ' +
  'news innings proceed succeeding digitizer radically electricity formative oats yyyyy syzygy by y 4711 1,250.50 e-mail ' +
  'naïve Straße ΟΔΟΣ ＡＢＣ ﬁne x² 次のデモは金曜日です 한국어 สวัสดีครับ မြန်မာ हिन्दी العربية İstanbul _snake_case_ don’t ½ 😀'
).split(' ');

/** Park and Miller's generator: always the same pairs. */
function* numbers(seed: number): Generator<number, never> {
  for (let value = seed; ;) yield (value = (value * 48_271) % 2_147_483_647);
}

test('ROUGE-1 equals that of google-adk, to the last digit, for words of every script', async () => {
  const random = numbers(20_261_129);
  const text = (): string =>
    Array.from({ length: random.next().value % 12 }, () => WORDS[random.next().value % WORDS.length]).join(
      ' ',
    );
  const suffixes = [
    '',
    's',
    'ed',
    'ing',
    'ly',
    'ness',
    'ational',
    'fulness',
    'alli',
    'logi',
    'ies',
    'ied',
    'eed',
    'y',
    'e',
    'ion',
    'ement',
  ];
  const dictionary = [...new Set((await readAgentFile('lornu', 'basic.evalset.json')).match(/[a-z]{2,}/gu))];
  const pairs = [
    ...WORDS.map((word) => [word, word]),
    ...dictionary.flatMap((word) => suffixes.map((suffix) => [word, word + suffix])),
    ...Array.from({ length: 2_000 }, () => [text(), text()]),
  ] as [string, string][];
  const scores = pairs.map(([candidate, reference]) => rouge1(candidate, reference));
  const [wanted] = await python<[number[]]>({ rouge: pairs });
  expect(
    pairs.flatMap((pair, index) =>
      scores[index] === wanted[index] ? [] : [[...pair, scores[index], wanted[index]]],
    ),
  ).toEqual([]);
  // Make sure that the scores differ.
  expect(new Set(scores).size).toBeGreaterThan(50);
});

test.each(['lornu', 'incident'])(
  'google-adk reads our result of %s and computes the same scores, however calls are matched',
  async (app) => {
    const service = await startService({
      root: ROOT,
      modelUrl,
      agentsDir: join(ROOT, 'agents'),
      scratchDir: join(scratchDir, app),
    });
    stops.push(service.stop);
    const set = await setOf(app);
    const configs = ['EXACT', 'in-order', 'ANY ORDER', 2].map((matchType) => ({
      criteria: {
        tool_trajectory_avg_score: { threshold: 0.5, match_type: matchType, ignore_args: matchType === 2 },
        response_match_score: 0.45,
      },
    }));
    const ours: SetResult[] = [];
    for (const [index, config] of configs.entries()) {
      const metrics = parseEvalConfig(JSON.stringify(config));
      const options = { appName: app, evalSet: disturbed(set), metrics, userSuffix: `-${index}` };
      ours.push((await evaluate(serverAt(service.url), options)).result);
    }
    const theirs = await python<Scores[]>(
      ...ours.map((result, index) => ({ results: toSnakeKeys(result), config: configs[index] })),
    );
    expect(theirs.map(withoutTime)).toEqual(ours.map((result) => withoutTime(scoresOf(result))));
    for (const { evalCaseResults } of ours)
      expect(new Set(evalCaseResults.map(({ finalEvalStatus }) => finalEvalStatus))).toEqual(new Set([1, 2]));
  },
);

/** Half of the cases expect something else: reversed calls, one call more, or one less. */
function disturbed(set: EvalSet): EvalSet {
  const change = [
    (calls: object[]) => calls.toReversed(),
    (calls: object[]) => [...calls, { name: 'other', args: {} }],
    (calls: object[]) => calls.slice(1),
  ];
  return {
    ...set,
    evalCases: set.evalCases.map((one, index) => ({
      ...one,
      conversation: one.conversation?.map((turn) => ({
        ...turn,
        intermediateData: {
          toolUses: (index % 2 ? (change[index % 3] ?? structuredClone) : structuredClone)(
            turn.intermediateData?.toolUses ?? [],
          ) as { name: string }[],
        },
      })),
    })),
  };
}

test('adk eval of the Python agent and lornu eval of its server give the same scores', async () => {
  const config = { criteria: { tool_trajectory_avg_score: 1, response_match_score: 0.4 } };
  const configFile = join(scratchDir, 'test_config.json');
  await Bun.write(configFile, JSON.stringify(config));
  const { result } = await evaluate(serverAt(gcpAgent.url), {
    appName: 'lornu',
    evalSet: await setOf('lornu'),
    metrics: parseEvalConfig(JSON.stringify(config)),
  });
  const [theirs] = await python<[unknown]>({
    adk_eval: [join(agents, 'lornu'), join(ROOT, 'agents/lornu/basic.evalset.json'), configFile],
  });
  const [inPython = {}] = await python<Scores[]>({ results: theirs, config });
  expect(withoutTime(inPython)).toEqual(withoutTime(scoresOf(result)));
  // The Python agent draws no chart: that case fails in both, the others pass.
  expect(
    result.evalCaseResults.filter(({ finalEvalStatus }) => finalEvalStatus !== 1).map(({ evalId }) => evalId),
  ).toContain('chart');
});

/** Turns; in the brackets what the judge says to them, one word a sample. */
const MATCHED: [turn: string, ...turns: string[]][] = [
  ['Two. judge(valid valid valid)'],
  ['Two. judge(valid invalid valid)'],
  ['Three. judge(invalid valid invalid)'],
  ['A tie is against it. judge(valid invalid garbage)'],
  ['Nothing usable. judge(garbage refusal empty)'],
  ['Another field. judge(other-invalid other-valid other-valid)'],
  ['Half. judge(partially almost false)'],
  ['Cut off. judge(cut cut valid)'],
  ['In brackets. judge(bracketed bracketed invalid)'],
  ['Unknown words. judge(maybe maybe valid)'],
  ['One turn fails. judge(valid error valid)', 'The other does not. judge(valid valid invalid)'],
  ['Mean of two. judge(valid valid valid)', 'And the other. judge(invalid invalid invalid)'],
  ['All fail. judge(error error error)'],
];
const GRADED: typeof MATCHED = [
  ['Yes to both. judge(yes+yes yes+yes yes+yes)'],
  ['Disagreement. judge(yes+no yes+yes no+no)'],
  ['A tie. judge(yes+no no+yes garbage)'],
  ['Parts are missing. judge(cut cut yes+no)'],
  ['No ids. judge(noid noid noid)'],
  ['Decorated. judge(decorated decorated decorated)'],
  ['Shifted ids. judge(shifted shifted shifted)'],
  ['Neither. judge(perhaps+yes perhaps+yes perhaps+no)'],
  ['Nothing usable. judge(garbage refusal empty)'],
  ['Strangers. judge(stranger yes+yes stranger)'],
  ['One turn fails. judge(yes+yes error yes+yes)', 'The other does not. judge(yes+no yes+no yes+no)'],
  ['Mean of two. judge(yes+yes yes+yes yes+yes)', 'And the other. judge(no+no no+no yes+no)'],
];

test('google-adk and we read a judge alike: refusals, nonsense, answers cut off, samples that disagree', async () => {
  const judged = startJudge();
  const judgeModelOptions = { judgeModel: MODEL, numSamples: 3 };
  const rubrics = [
    { rubricId: 'brief', rubricContent: { textProperty: 'The answer is "brief" - and plain.' } },
    { rubricId: 'exact', rubricContent: { textProperty: 'Every number is exact.' } },
  ];
  const ask = geminiJudge({ key: 'stand-in', baseUrl: judged.url });
  const ours: SetResult[] = [];
  const configs: object[] = [];
  for (const [metricName, answers, more] of [
    ['final_response_match_v2', MATCHED, {}],
    ['rubric_based_final_response_quality_v1', GRADED, { rubrics }],
    ['rubric_based_tool_use_quality_v1', GRADED, { rubrics }],
  ] as const) {
    const criterion = { threshold: 0.6, judgeModelOptions, ...more };
    const metric = { metricName, threshold: 0.6, criterion };
    const cases: CaseResult[] = [];
    for (const [index, turns] of answers.entries()) {
      const actual = turns.map((text) => spoken(text, text));
      const expected = turns.map((text) => spoken('2', text));
      const facts = { instructions: '', tools: '[]' };
      const { overall, perInvocation } = await judge(metric, actual, expected, [], { ask, facts });
      const toResult = ({ score, status, ...details }: Score): MetricResult => ({
        ...metric,
        score,
        evalStatus: status,
        details,
      });
      cases.push({
        evalSetId: 'judged',
        evalId: `${index}: ${turns.join(' / ')}`,
        finalEvalStatus: overall.status,
        overallEvalMetricResults: [toResult(overall)],
        evalMetricResultPerInvocation: actual.map((actualInvocation, turn) => ({
          actualInvocation,
          expectedInvocation: expected[turn] ?? null,
          evalMetricResults: perInvocation.slice(turn, turn + 1).map(toResult),
        })),
        sessionId: 's',
        sessionDetails: null,
        userId: 'u',
      });
    }
    ours.push({
      evalSetResultId: 'judged',
      evalSetResultName: 'judged',
      evalSetId: 'judged',
      evalCaseResults: cases,
      creationTimestamp: 0,
    });
    configs.push({ criteria: { [metricName]: toSnakeKeys(criterion) } });
    expect(new Set(cases.map(({ finalEvalStatus }) => finalEvalStatus))).toEqual(new Set([1, 2, 3]));
  }
  const theirs = await pythonAt<Scores[]>(
    judged.url,
    ...ours.map((result, index) => ({ results: toSnakeKeys(result), config: configs[index] })),
  );
  expect(theirs.map(withoutEfficiency)).toEqual(ours.map((result) => withoutEfficiency(scoresOf(result))));
  await judged.stop();
});

const spoken = (text: string, question: string): Invocation => ({
  invocationId: 'e-1',
  userContent: { role: 'user', parts: [{ text: question }] },
  finalResponse: { role: 'model', parts: [{ text }] },
  intermediateData: { invocationEvents: [] },
  creationTimestamp: 0,
});

const withoutEfficiency = (scores: Scores): Scores =>
  Object.fromEntries(
    Object.entries(scores).map(([evalId, metrics]) => [
      evalId,
      Object.fromEntries(Object.entries(metrics).filter(([name]) => !EFFICIENCY_METRICS.includes(name))),
    ]),
  );
