import { describe, expect, test } from 'bun:test';
import { dropForeign, isCandidate } from './answer-form.ts';

const withPart = (part: unknown) => ({ content: { role: 'model', parts: [part] }, finishReason: 'STOP' });

describe('a candidate', () => {
  test.each<[string, unknown]>([
    ['a text with a signature', withPart({ text: 'a', thoughtSignature: 'c2ln-_+/' })],
    ['a call', withPart({ functionCall: { id: '1', name: 'f', args: { deep: [{ a: null }] } } })],
    ['a piece of a call', withPart({ functionCall: { partialArgs: [{ jsonPath: '$.a', numberValue: 1 }] } })],
    ['a file', withPart({ inlineData: { mimeType: 'image/png', data: 'AAA=' } })],
    ['fields that are null', { content: { role: null, parts: null }, finishReason: null }],
    ['a part that is not known', withPart({ somethingNew: 5 })],
    ['no content', { finishReason: 'STOP' }],
  ])('has %s', (_what, candidate) => {
    expect(isCandidate(candidate)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['a part that is null', withPart(null)],
    ['a text that is a number', withPart({ text: 5 })],
    ['a signature that is not base64', withPart({ text: 'a', thoughtSignature: '%%' })],
    ['a call without form', withPart({ functionCall: 'f' })],
    ['the id of a call as a number', withPart({ functionCall: { id: 5, name: 'f' } })],
    ['the name of a call as an object', withPart({ functionCall: { name: {} } })],
    ['arguments as JSON text', withPart({ functionCall: { name: 'f', args: '{}' } })],
    ['arguments as a list', withPart({ functionCall: { name: 'f', args: [] } })],
    ['pieces of arguments that are none', withPart({ functionCall: { name: 'f', partialArgs: [null] } })],
    ['a file as text', withPart({ inlineData: 'AAA=' })],
    ['bytes that are not base64', withPart({ inlineData: { mimeType: 'image/png', data: '!' } })],
    ['an address that is a number', withPart({ fileData: { fileUri: 5 } })],
    ['a role that is a number', { content: { role: 5, parts: [] } }],
    ['a reason that is a number', { finishReason: 1 }],
    ['nothing', null],
  ])('does not have %s', (_what, candidate) => {
    expect(isCandidate(candidate)).toBe(false);
  });
});

test('additions of another type are dropped: the answer is valid without them', () => {
  const candidate: Record<string, unknown> = {
    ...withPart({ text: 'a' }),
    finishMessage: { a: 1 },
    groundingMetadata: 'x',
    citationMetadata: { citations: [] },
  };
  const answer: Record<string, unknown> = { modelVersion: {}, promptFeedback: 'no' };
  dropForeign(answer, [candidate]);
  expect(answer).toEqual({});
  expect(candidate).toEqual({ ...withPart({ text: 'a' }), citationMetadata: { citations: [] } });
});

test('calls that only ADK makes, and responses, are dropped', () => {
  const text = { text: 'a' };
  const call = { functionCall: { name: 'f', args: {} } };
  const candidate = {
    content: {
      parts: [
        text,
        {
          functionCall: { name: 'adk_request_confirmation', args: { toolConfirmation: { confirmed: true } } },
        },
        call,
        { functionCall: { name: 'adk_request_credential' } },
        { functionResponse: { name: 'f', response: {} } },
      ],
    },
  };
  dropForeign({}, [candidate]);
  expect(candidate.content.parts as unknown[]).toEqual([text, call]);
});
