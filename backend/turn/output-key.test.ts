import { createEvent, createEventActions, LlmAgent } from '@google/adk';
import type { Part } from '@google/genai';
import { describe, expect, test } from 'bun:test';
import { z } from 'zod';
import { OutputKeys, OutputSchemaError } from './output-key.ts';

const plain = new LlmAgent({ name: 'a', outputKey: 'answer' });
const read = new LlmAgent({ name: 'a', outputKey: 'answer', outputSchema: z.object({ city: z.string() }) });

/** An event for which adk-js wrote `written`; returns the corrected state and the error. */
function correct(keys: OutputKeys, parts: Part[], written?: unknown, author = 'a') {
  const stateDelta = { other: 1, ...(written === undefined ? {} : { answer: written }) };
  const event = createEvent({
    author,
    content: { role: 'model', parts },
    actions: createEventActions({ stateDelta }),
  });
  const error = keys.correct(event);
  return { state: event.actions.stateDelta, error };
}
const stateOf = (parts: Part[], written?: unknown, author = 'a') =>
  correct(new OutputKeys(plain), parts, written, author).state;

test('a thought is no part of the answer', () => {
  const parts = [{ text: 'hm', thought: true }, { text: 'yes' }];
  expect(stateOf(parts, 'hmyes')).toEqual({ answer: 'yes', other: 1 });
});

test('an event without text does not change the state', () => {
  expect(stateOf([{ functionResponse: { name: 'f', response: {} } }], '')).toEqual({ other: 1 });
});

test("a tool's value stays, and so does another agent's", () => {
  expect(stateOf([{ functionResponse: { name: 'f', response: {} } }], { read: true })).toEqual({
    answer: { read: true },
    other: 1,
  });
  expect(stateOf([{ text: 'hm', thought: true }], 'hm', 'b')).toEqual({ answer: 'hm', other: 1 });
});

test('texts of one run are joined, including those beside tool calls; the next run starts over', () => {
  const keys = new OutputKeys(plain);
  const call = { functionCall: { id: '1', name: 'f', args: {} } };
  expect(correct(keys, [{ text: 'I look. ' }, call]).state).toEqual({ answer: 'I look. ', other: 1 });
  expect(correct(keys, [{ functionResponse: { id: '1', name: 'f', response: {} } }]).state).toEqual({
    other: 1,
  });
  expect(correct(keys, [{ text: 'Found.' }], 'Found.').state).toEqual({ answer: 'I look. Found.', other: 1 });
  expect(correct(keys, [{ text: 'Again.' }], 'Again.').state).toEqual({ answer: 'Again.', other: 1 });
});

describe('with an output schema', () => {
  const answered = (text: string) => correct(new OutputKeys(read), [{ text }], text);

  test.each(['{"city":"Paris"}', '```json\n{"city":"Paris"}\n```', '\n```\n{"city":"Paris"}```\n'])(
    '%j is read',
    (text) => {
      expect(answered(text)).toEqual({ state: { answer: { city: 'Paris' }, other: 1 }, error: undefined });
    },
  );

  test.each(['Paris', '{"city":1}', '{"city":"Paris","size":1e999}', '```json\n{"city":\n```'])(
    '%j ends the turn, and nothing is kept',
    (text) => {
      const { state, error } = answered(text);
      expect(state).toEqual({ other: 1 });
      expect(error).toBeInstanceOf(OutputSchemaError);
    },
  );

  test('an empty answer changes nothing', () => {
    expect(answered(' ')).toEqual({ state: { other: 1 }, error: undefined });
  });
});
