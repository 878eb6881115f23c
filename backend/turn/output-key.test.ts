import { createEvent, createEventActions, LlmAgent } from '@google/adk';
import type { Part } from '@google/genai';
import { expect, test } from 'bun:test';
import { correctOutput } from './output-key.ts';

const agent = new LlmAgent({ name: 'a', outputKey: 'answer' });

/** The state that is left of an event for which adk-js wrote `written`. */
function stateOf(parts: Part[], written: unknown, author = 'a'): unknown {
  const actions = createEventActions({ stateDelta: { answer: written, other: 1 } });
  const event = createEvent({ author, content: { role: 'model', parts }, actions });
  correctOutput(agent, event);
  return event.actions.stateDelta;
}

test('a thought is no part of the answer', () => {
  const parts = [{ text: 'hm', thought: true }, { text: 'yes' }];
  expect(stateOf(parts, 'hmyes')).toEqual({ answer: 'yes', other: 1 });
});

test('an event without text leaves the state alone', () => {
  expect(stateOf([{ functionResponse: { name: 'f', response: {} } }], '')).toEqual({ other: 1 });
});

test('what a tool or a schema put there stays, and what another agent says', () => {
  expect(stateOf([{ text: 'yes' }], { read: true })).toEqual({ answer: { read: true }, other: 1 });
  expect(stateOf([{ text: 'hm', thought: true }], 'hm', 'b')).toEqual({ answer: 'hm', other: 1 });
});
