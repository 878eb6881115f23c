import { getFunctionResponses, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { fromWire } from '../events/wire.ts';
import { closingEvents } from './close-turn.ts';
import { OpenAnswers } from './open-answers.ts';

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
  const events = [CALLED, ASKED, WAITING, ...later].map((event, index) =>
    fromWire({ id: `e${index}`, invocationId: 'e-1', ...event }),
  );
  const closing = closingEvents({
    rootAgent: undefined,
    session: { events } as Session,
    invocationId: 'e-1',
    answers: new OpenAnswers(),
    sentence: 'interrupted',
    now: 1,
  });
  const answers = closing.flatMap(getFunctionResponses);
  expect(answers.map(({ id, response }) => [id, response?.['error']])).toEqual(
    expected.map((error) => ['c', error]),
  );
});
