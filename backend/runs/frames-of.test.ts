import { createEvent, createEventActions } from '@google/adk';
import { expect, test } from 'bun:test';
import { errorFrame, framesOf } from './frames-of.ts';

const request = { appName: 'a', userId: 'u', sessionId: 's', streaming: true };
const event = createEvent({
  id: 'x',
  invocationId: 'e-1',
  author: 'a',
  timestamp: 1000,
  content: { role: 'user', parts: [{ text: 't' }] },
  actions: createEventActions({ artifactDelta: { 'a.txt': 0 }, stateDelta: { k: 1 } }),
});

test('content and artifacts are two frames on a stream, as google-adk sends them', () => {
  const [content, artifacts, ...more] = framesOf(event, { ...request, splitArtifactDelta: true }).map(
    (json) => JSON.parse(json),
  );
  expect(more).toEqual([]);
  expect([content.content.parts[0].text, content.actions.artifactDelta]).toEqual(['t', {}]);
  expect([artifacts.content, artifacts.actions.artifactDelta]).toEqual([undefined, { 'a.txt': 0 }]);
  expect([content.id, artifacts.id, content.actions.stateDelta]).toEqual(['x', 'x', { k: 1 }]);
});

test('they are one frame for /run, and for the answer to a call', () => {
  expect(framesOf(event, request)).toHaveLength(1);
  expect(framesOf(event, { ...request, splitArtifactDelta: true, functionCallEventId: 'c' })).toHaveLength(1);
});

test('an error frame has the fields that clients of google-adk expect', () => {
  expect(errorFrame('ServerError', '503 UNAVAILABLE. busy', 1500)).toBe(
    '{"error":"ServerError: 503 UNAVAILABLE. busy","error_details":{"error_type":"ServerError","error_message":"503 UNAVAILABLE. busy","timestamp":1.5}}',
  );
});
