import { expect, test } from 'bun:test';
import { toTurns } from '../chat/to-turns.ts';
import { readSession } from './read-event.ts';
import type { AdkEvent } from './types.ts';

/** Events with every field that the page reads. */
const EVENTS: AdkEvent[] = [
  {
    id: 'e1',
    invocationId: 'i1',
    author: 'user',
    timestamp: 1,
    content: {
      role: 'user',
      parts: [
        { text: 'hello' },
        { inlineData: { mimeType: 'image/png', data: 'AAA=' } },
        { fileData: { fileUri: 'https://example.org/a', mimeType: 'text/plain' } },
      ],
    },
  },
  {
    id: 'e2',
    invocationId: 'i1',
    author: 'lornu',
    content: {
      role: 'model',
      parts: [
        { text: 'so', thought: true },
        { text: 'yes' },
        { functionCall: { id: 'c1', name: 'f', args: { a: 1 } } },
        { functionCall: { id: 'c2', name: 'transfer_to_agent', args: { agent_name: 'b' } } },
        {
          functionCall: {
            id: 'c3',
            name: 'adk_request_confirmation',
            args: {
              originalFunctionCall: { id: 'c1', name: 'f', args: {} },
              toolConfirmation: { hint: '?' },
            },
          },
        },
        { executableCode: { code: '1', language: 'PYTHON' } },
        { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      ],
    },
    groundingMetadata: {
      groundingChunks: [{ web: { uri: 'https://example.org', title: 'a' } }],
      webSearchQueries: ['q'],
    },
    actions: { artifactDelta: { 'a.txt': 0 }, stateDelta: { a: 1 } },
    usageMetadata: { promptTokenCount: 1 },
    customMetadata: { a: 1 },
    errorCode: 'SAFETY',
    errorMessage: 'why',
  },
  {
    id: 'e3',
    invocationId: 'i1',
    author: 'lornu',
    content: { parts: [{ functionResponse: { id: 'c1', name: 'f', response: { result: 1 } } }] },
  },
];
const ODD: readonly unknown[] = [null, true, 0.5, '', 'x', [], {}, [null], { text: 1 }, { a: { b: 1 } }];

/** The value with each field of it, at any depth, replaced by each odd value. */
function* variants(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    const put = (changed: unknown): unknown =>
      Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed };
    for (const odd of ODD) yield [`${path}.${name} = ${JSON.stringify(odd)}`, put(odd)];
    for (const [what, inner] of variants(field, `${path}.${name}`)) yield [what, put(inner)];
  }
}

const sessionWith = (events: unknown) => ({
  id: 's',
  appName: 'a',
  userId: 'u',
  events: events as AdkEvent[],
});

test('a conversation with a value of another type, anywhere in its events, is shown', () => {
  const failed: string[] = [];
  let tried = 0;
  for (const [what, events] of variants(EVENTS)) {
    tried++;
    try {
      toTurns(readSession(sessionWith(events)).events ?? []);
    } catch (error) {
      failed.push(`${what}: ${String(error)}`);
    }
  }
  expect(failed).toEqual([]);
  expect(tried).toBeGreaterThan(500);
});

test('events with the right types stay the same objects', () => {
  expect(readSession(sessionWith(EVENTS)).events).toBe(EVENTS);
});

test('a part that is null and a source that is null are left out, and all else stays', () => {
  const [, answer] = EVENTS;
  const parts = [null, { text: 'yes', thoughtSignature: 'c2ln' }];
  const groundingMetadata = { groundingChunks: [null, ...answer!.groundingMetadata!.groundingChunks!] };
  const odd = { ...answer, content: { role: 'model', parts }, groundingMetadata };
  expect(readSession(sessionWith([odd])).events).toEqual([
    {
      ...answer!,
      content: { role: 'model', parts: [{ text: 'yes', thoughtSignature: 'c2ln' } as never] },
      groundingMetadata: { groundingChunks: answer!.groundingMetadata!.groundingChunks! },
    },
  ]);
});
