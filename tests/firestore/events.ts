import type { Event } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { fromWire } from '../../backend/events/wire.ts';

export type Wire = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- events are written as JSON, loosely

let count = 0;

/** An event on the wire, with its own id and time. */
export function wireEvent(fields: Wire): Wire {
  return {
    id: `e${++count}`,
    invocationId: 'e-1',
    author: 'lornu',
    timestamp: 1_700_000_000 + count,
    ...fields,
  };
}

export const event = (fields: Wire): Event => fromWire(wireEvent(fields));

const BYTES = '-__-';

/**
 * One event of each kind that a turn creates, with values that converters tend to break: odd keys, nulls, bytes, times.
 */
export const KINDS: Wire[] = [
  wireEvent({ author: 'user', content: { role: 'user', parts: [{ text: 'grüße 🌍' }] } }),
  wireEvent({
    content: {
      role: 'model',
      parts: [
        {
          functionCall: {
            id: 'adk-1',
            name: 'save_note',
            args: {
              camelCase: 1,
              snake_case: 2,
              'Odd Key.with-dots': { innerKey: null, 'in`ner': [] },
              empty: {},
            },
          },
          thoughtSignature: BYTES,
        },
      ],
    },
    longRunningToolIds: ['adk-1'],
  }),
  wireEvent({
    content: {
      role: 'user',
      parts: [
        {
          functionResponse: {
            id: 'adk-1',
            name: 'save_note',
            response: { resultCode: 0.5, result_code: false, list: [{ aB: 1, a_b: 2 }] },
          },
        },
      ],
    },
    actions: {
      stateDelta: { plain: { innerKey: [1, null, 'x'] }, 'user:notes': ['a'], 'app:motd': 'hi', camelKey: 1 },
      artifactDelta: { 'a file.txt': 2 },
    },
  }),
  wireEvent({
    content: {
      role: 'model',
      parts: [
        { inlineData: { mimeType: 'image/png', data: BYTES } },
        { fileData: { fileUri: 'gs://bucket/x', mimeType: 'text/plain' } },
        { text: 'hm', thought: true },
        { executableCode: { code: 'print(1)', language: 'PYTHON' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      ],
    },
  }),
  wireEvent({ errorCode: 'SAFETY', errorMessage: 'Blocked.', interrupted: true, finishReason: 'SAFETY' }),
  wireEvent({
    content: { role: 'model', parts: [{ text: 'done' }] },
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 },
    customMetadata: { camelKey: { innerKey: 1 }, snake_key: null },
    modelVersion: MODEL,
    branch: 'root.child',
    turnComplete: true,
    avgLogprobs: -0.25,
    groundingMetadata: { webSearchQueries: ['q'], searchEntryPoint: { renderedContent: '<p>' } },
  }),
  wireEvent({
    actions: {
      transferToAgent: 'scribe',
      escalate: true,
      requestedToolConfirmations: { 'adk-9': { hint: 'Sure?', confirmed: false, payload: { anyKey: 1 } } },
    },
  }),
];
