import { expect, test } from 'bun:test';
import type { Invocation, Rubric } from './eval-set.ts';
import { readLabel, readRubrics } from './judge-answers.ts';
import { judge } from './judge.ts';
import { STATUS } from './metrics.ts';

const invocation = (text: string): Invocation => ({
  invocationId: '1',
  userContent: { parts: [{ text: 'How many?' }] },
  finalResponse: { parts: [{ text }] },
  creationTimestamp: 0,
});
const rubric = (rubricId: string, textProperty: string, type?: string): Rubric => ({
  rubricId,
  rubricContent: { textProperty },
  ...(type ? { type } : {}),
});
const facts = { instructions: 'Be brief.', tools: '[]' };
const match = {
  metricName: 'final_response_match_v2',
  criterion: { threshold: 0.5, judgeModelOptions: { numSamples: 3 } },
};
const rubrics = (own: Rubric[]) => ({
  metricName: 'rubric_based_final_response_quality_v1',
  criterion: { threshold: 0.7, rubrics: own, judgeModelOptions: { numSamples: 3 } },
});

/** A judge with scripted answers. */
function saying(...words: string[]) {
  const prompts: string[] = [];
  const ask = async (_model: string, prompt: string): Promise<string> =>
    words[prompts.push(prompt) - 1] ?? '';
  return { ask, prompts };
}

test('the majority of the samples decides, and a tie counts against the answer', async () => {
  const [yes, no, neither] = [
    '{"is_the_agent_response_valid": "valid"}',
    '{"is_the_agent_response_valid": "invalid"}',
    'I cannot say.',
  ];
  const score = async (...words: string[]) => {
    const verdict = await judge(match, [invocation('Two')], [invocation('2')], [], {
      ask: saying(...words).ask,
      facts,
    });
    return [verdict.overall.score, verdict.overall.status];
  };
  expect(await score(yes, no, yes)).toEqual([1, STATUS.passed]);
  expect(await score(yes, no, neither)).toEqual([0, STATUS.failed]);
  expect(await score(neither, neither, neither)).toEqual([null, STATUS.notEvaluated]);
});

test('each rubric is decided separately, those of the case are added by type, and the mean is the score', async () => {
  const answer = (brief: string, exact: string) =>
    `ID: brief\nProperty: It is brief.\nRationale: r\nVerdict: ${brief}\n\nID: exact\nProperty: It is exact.\nRationale: r\nVerdict: ${exact}\n`;
  const judgeModel = saying(answer('yes', 'no'), answer('yes', 'no'), answer('no', 'yes'));
  const added = [
    rubric('exact', 'It is exact.', 'FINAL_RESPONSE_QUALITY'),
    rubric('other', 'Tools fit.', 'TOOL_USE_QUALITY'),
  ];
  const { overall } = await judge(
    rubrics([rubric('brief', 'It is brief.')]),
    [invocation('Two')],
    [],
    added,
    { ask: judgeModel.ask, facts },
  );
  expect(overall.score).toBe(0.5);
  expect(overall.status).toBe(STATUS.failed);
  expect(overall.rubricScores?.map(({ rubricId, score }) => [rubricId, score])).toEqual([
    ['brief', 1],
    ['exact', 0],
  ]);
  expect(judgeModel.prompts[0]).toContain('[id: exact] It is exact.');
  expect(judgeModel.prompts[0]).not.toContain('Tools fit.');
});

test('an incomplete answer of a judge gives no score', () => {
  const own = [rubric('a', 'First.'), rubric('b', 'Second.')];
  expect(
    readRubrics(
      'ID: a\nProperty: First.\nRationale: r\nVerdict: yes\nID: b\nProperty: Second.\nVerdict: no',
      own,
    ),
  ).toEqual([]);
  expect(readRubrics('Property: **second.**\nRationale: r\nVerdict: No', own)).toEqual([
    { rubricId: 'b', rationale: 'r', score: 0 },
  ]);
  expect([
    readLabel('{"is_the_agent_response_invalid": true}'),
    readLabel('"is_the_agent_response_valid": [partially_valid],'),
  ]).toEqual([0, 0]);
});

test('a metric that is not judged here says so, and why', async () => {
  const without = async (metricName: string, ask?: () => Promise<string>) =>
    (await judge({ metricName, criterion: { threshold: 1 } }, [invocation('2')], [], [], { ask, facts }))
      .reason;
  expect(await without('final_response_match_v2')).toContain('GEMINI_API_KEY');
  expect(await without('safety_v1')).toContain('Vertex');
  expect(await without('my_own_metric')).toContain('no such metric');
  const silent = async (): Promise<string> => Promise.reject(new Error('The judge model m answered 429.'));
  expect(await without('final_response_match_v2', silent)).toBe('The judge model m answered 429.');
  expect((await judge(rubrics([]), [invocation('2')], [], [], { ask: silent, facts })).reason).toBe(
    'Rubrics are required.',
  );
});
