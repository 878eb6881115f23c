import { createEvent } from '@google/adk';
import { expect, test } from 'bun:test';
import { validHistory } from './valid-history.ts';

const call = { functionCall: { id: 'c', name: 'f', args: {} } };
const response = { functionResponse: { id: 'c', name: 'f', response: {} } };

test('a tool response whose role is none of Gemini is a user turn, whoever wrote it', () => {
  const events = [
    createEvent({ author: 'user', content: { role: 'user', parts: [{ text: 'go' }] } }),
    createEvent({ author: 'lornu', content: { role: 'model', parts: [call] } }),
    createEvent({ author: 'lornu', content: { role: 'tool', parts: [response] } }),
  ];
  expect(validHistory(events).map(({ content }) => content?.role)).toEqual(['user', 'model', 'user']);
});
