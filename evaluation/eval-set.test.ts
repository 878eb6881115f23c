import { expect, test } from 'bun:test';
import { callsOf, FormatError, parseEvalConfig, parseEvalSet, textOf } from './eval-set.ts';
import { toCamelKeys, toSnakeKeys } from './keys.ts';

const turn = {
  user_content: { parts: [{ text: 'Hello' }] },
  intermediate_data: { tool_uses: [{ name: 'save', args: { some_key: 1 } }] },
};
const set = { eval_set_id: 'basic', eval_cases: [{ eval_id: 'one', conversation: [turn] }] };

test('a set is read in either spelling, and names chosen by an agent are kept', () => {
  const snake = parseEvalSet(JSON.stringify(set), 'basic');
  expect(parseEvalSet(JSON.stringify(toCamelKeys(set)), 'basic')).toEqual(snake);
  expect(
    callsOf(
      snake.evalCases[0]?.conversation?.[0] ?? { invocationId: '', userContent: {}, creationTimestamp: 0 },
    ),
  ).toEqual([{ name: 'save', args: { some_key: 1 } }]);
  expect(toSnakeKeys(toCamelKeys(set))).toEqual(set);
});

test("google-adk's form from before eval sets is read too", () => {
  const old = [
    {
      name: 'dice',
      data: [
        {
          query: 'Roll',
          reference: 'I rolled 4.',
          expected_tool_use: [{ tool_name: 'roll_die', tool_input: { sides: 6 } }],
        },
      ],
      initial_session: { state: { 'user:lucky': true }, user_id: 'ada' },
    },
  ];
  const {
    evalSetId,
    evalCases: [one],
  } = parseEvalSet(JSON.stringify(old), 'old');
  expect([
    evalSetId,
    one?.evalId,
    one?.sessionInput?.state,
    textOf(one?.conversation?.[0]?.finalResponse),
  ]).toEqual(['old', 'dice', { 'user:lucky': true }, 'I rolled 4.']);
});

test.each([
  ['{', 'It is not JSON'],
  [JSON.stringify({ ...set, eval_set_id: undefined }), 'evalSetId'],
  [JSON.stringify({ ...set, eval_cases: [...set.eval_cases, ...set.eval_cases] }), 'two cases named "one"'],
  [
    JSON.stringify({ ...set, eval_cases: [{ eval_id: 'one' }] }),
    'either conversation or conversation_scenario',
  ],
  [
    JSON.stringify({ ...set, eval_cases: [{ eval_id: 'one', conversation: [{ query: 'Hello' }] }] }),
    'evalCases.0.conversation.0.userContent',
  ],
])('a set of another form is refused with the place in it: %s', (text, sentence) => {
  expect(() => parseEvalSet(text, 'basic')).toThrow(FormatError);
  expect(() => parseEvalSet(text, 'basic')).toThrow(sentence);
});

test('without a configuration the metrics are those of adk eval', () => {
  expect(parseEvalConfig(undefined).map(({ metricName, threshold }) => [metricName, threshold])).toEqual([
    ['tool_trajectory_avg_score', 1],
    ['response_match_score', 0.8],
    ['tool_call_count_v1', undefined],
    ['inference_call_count_v1', undefined],
    ['token_usage_v1', undefined],
    ['invocation_duration_v1', undefined],
  ]);
  expect(() => parseEvalConfig('{"criteria":{"response_match_score":"high"}}')).toThrow(
    'criteria.response_match_score',
  );
});
