import { createEvent, type Event } from '@google/adk';
import type { Content } from '@google/genai';
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

test('the next turn of a session reads its new events only, and still finds what is wrong with them', () => {
  let reads = 0;
  const counted = (content: Content): Event =>
    Object.defineProperty(createEvent({ author: 'lornu' }), 'content', {
      get: () => {
        reads += 1;
        return content;
      },
    });
  const events = [
    counted({ role: 'user', parts: [{ text: 'go' }] }),
    counted({ role: 'model', parts: [call] }),
    counted({ role: 'user', parts: [response] }),
  ];
  expect(validHistory(events)).toBe(events);
  reads = 0;
  const later = [
    ...events,
    createEvent({ author: 'user', content: { role: 'user', parts: [{ text: 'on' }] } }),
  ];
  expect(validHistory(later)).toBe(later);
  expect(reads).toBe(0);

  const again = createEvent({ author: 'lornu', content: { role: 'model', parts: [call] } });
  const answered = createEvent({ author: 'lornu', content: { role: 'user', parts: [response] } });
  const ids = validHistory([...later, again, answered]).map(
    ({ content }) => content?.parts?.[0]?.functionCall?.id,
  );
  expect(ids.filter((id) => id !== undefined)).toEqual(['c', 'adk-call-4-0']);
  // Another conversation with the same beginning.
  const open = [events[0]!, again];
  expect(validHistory(open)).toHaveLength(3);
});
