import { expect, test } from 'bun:test';
import type { AdkEvent } from '../api/types.ts';
import { toFacts } from './turn-facts.ts';

const call = { functionCall: { id: 'c', name: 'look_up' } };
const response = { functionResponse: { id: 'c', name: 'look_up', response: {} } };
const EVENTS: AdkEvent[] = [
  { id: '1', author: 'user', timestamp: 100, content: { parts: [{ text: 'hi' }] } },
  {
    id: '2',
    author: 'lornu',
    timestamp: 102,
    content: { parts: [call] },
    modelVersion: 'gemini-a',
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, thoughtsTokenCount: 3 },
  },
  { id: '3', author: 'lornu', timestamp: 105, content: { parts: [response] } },
  {
    id: '4',
    author: 'lornu',
    timestamp: 106,
    content: { parts: [{ text: 'done' }] },
    modelVersion: 'gemini-a',
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 5, cachedContentTokenCount: 8 },
  },
];

test('a turn has the times of its model and tools in order, and the sum of its tokens', () => {
  expect(toFacts(EVENTS)).toEqual({
    models: ['gemini-a'],
    tokens: { prompt: 30, cached: 8, thoughts: 3, answer: 7 },
    steps: [
      { name: 'Lornu', kind: 'model', from: 0, to: 2 },
      { name: 'Look up', kind: 'tool', from: 2, to: 5 },
      { name: 'Lornu', kind: 'model', from: 5, to: 6 },
    ],
    seconds: 6,
  });
});

test('events without times or counts, and a clock that went back, give no negative time', () => {
  const back = { id: '5', author: 'lornu', timestamp: 50, content: { parts: [{ text: 'x' }] } };
  expect(toFacts([...EVENTS, back]).steps.at(-1)).toMatchObject({ from: 6, to: 6 });
  expect(toFacts([])).toMatchObject({ seconds: 0, steps: [] });
});
