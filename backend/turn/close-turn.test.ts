import { FunctionTool, getFunctionResponses, LlmAgent, type Event, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { fromWire } from '../events/wire.ts';
import { closingEvents } from './close-turn.ts';
import { OpenAnswers } from './open-answers.ts';
import { planRepair, turnStateOf } from './repair.ts';

const CALL = { id: 'c', name: 'delete_notes', args: {} };
const QUESTION = 'adk_request_confirmation';
const confirmation = { hint: '', confirmed: false };
const asked = { originalFunctionCall: CALL, toolConfirmation: confirmation };
const responding = (id: string, name: string, response: object) => ({
  content: { role: 'user', parts: [{ functionResponse: { id, name, response } }] },
});

const CALLED = { author: 'a', content: { role: 'model', parts: [{ functionCall: CALL }] } };
const ASKED = {
  author: 'a',
  content: { role: 'model', parts: [{ functionCall: { id: 'q', name: QUESTION, args: asked } }] },
  longRunningToolIds: ['q'],
};
const WAITING = {
  author: 'a',
  ...responding('c', 'delete_notes', { error: 'It needs a confirmation.' }),
  actions: { requestedToolConfirmations: { c: confirmation } },
};
const decided = (confirmed: boolean) => ({ author: 'user', ...responding('q', QUESTION, { confirmed }) });
const RESULT = { author: 'a', ...responding('c', 'delete_notes', { deleted: 1 }) };

const sessionOf = (events: readonly object[]) =>
  ({
    events: events.map((event, index) => fromWire({ id: `e${index}`, invocationId: 'e-1', ...event })),
  }) as Session;

const close = (events: readonly object[]): Event[] =>
  closingEvents({
    rootAgent: undefined,
    session: sessionOf(events),
    invocationId: 'e-1',
    answers: new OpenAnswers(),
    sentence: 'interrupted',
    now: 1,
  });

test.each([
  ['still waits for a decision', [], []],
  ['was approved', [decided(true)], ['interrupted']],
  ['was declined', [decided(false)], ['This tool call is rejected.']],
  ['was approved and then declined', [decided(true), decided(false)], ['interrupted']],
  [
    'was declined, as JSON',
    [{ author: 'user', ...responding('q', QUESTION, { response: '{"confirmed":false}' }) }],
    ['This tool call is rejected.'],
  ],
  [
    'was approved, as JSON',
    [{ author: 'user', ...responding('q', QUESTION, { response: '{"confirmed":true}' }) }],
    ['interrupted'],
  ],
  ['was approved and has its result', [decided(true), RESULT], []],
  ['was approved again, after its result', [decided(true), RESULT, decided(true)], []],
] as const)('a turn that ends while a call %s', (_when, later, expected) => {
  const answers = close([CALLED, ASKED, WAITING, ...later]).flatMap(getFunctionResponses);
  expect(answers.map(({ id, response }) => [id, response?.['error']])).toEqual(
    expected.map((error) => ['c', error]),
  );
});

test('a turn that ends between a question and the provisional response gets that response, and waits', () => {
  const other = { id: 'constructor', name: 'count_notes', args: {} };
  const called = {
    author: 'a',
    content: { role: 'model', parts: [{ functionCall: CALL }, { functionCall: other }] },
  };
  const [provisional, ...more] = close([called, ASKED]);
  expect(more).toEqual([]);
  expect(getFunctionResponses(provisional!).map(({ id, response }) => [id, response])).toEqual([
    ['c', { error: 'This tool call requires confirmation, please approve or reject.' }],
    ['constructor', { error: 'interrupted' }],
  ]);
  expect(provisional!.actions.requestedToolConfirmations).toMatchObject({ c: confirmation });
  expect(turnStateOf(provisional)).toBe('over');
});

test('a tool that may be called again is not, once a person is asked to confirm the call', () => {
  const tool = new FunctionTool({ name: 'delete_notes', description: '', execute: () => ({}) });
  const rootAgent = new LlmAgent({ name: 'a', tools: [Object.assign(tool, { safeToRepeat: true })] });
  const toRepeat = (events: object[]) =>
    planRepair({ rootAgent, session: sessionOf(events), invocationId: 'e-1', begunAfterMs: 0, shown: [] })
      .toRepeat?.id;
  expect(toRepeat([{ timestamp: 1, ...CALLED }])).toBe('e0');
  expect(
    toRepeat([
      { timestamp: 1, ...CALLED },
      { timestamp: 2, ...ASKED },
    ]),
  ).toBeUndefined();
});
