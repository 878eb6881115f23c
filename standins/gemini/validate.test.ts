import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { readRequest } from './validate.ts';

const DOC = await Bun.file(join(import.meta.dir, '../../docs/history.md')).text();

const hello = { role: 'user', parts: [{ text: 'hello' }] };
const calls = (...functionCall: object[]) => ({
  role: 'model',
  parts: functionCall.map((it) => ({ functionCall: it })),
});
const responses = (...functionResponse: object[]) => ({
  role: 'user',
  parts: functionResponse.map((it) => ({ functionResponse: it })),
});
const a = { id: '1', name: 'a' };

const read = (contents: unknown[]) => readRequest(JSON.stringify({ contents }));

test('a conversation that follows every rule is accepted', () => {
  const contents = [
    hello,
    { role: 'model', parts: [{ text: 'so' }, { functionCall: a }, { functionCall: { name: 'b' } }] },
    { role: 'function', parts: [{ functionResponse: a }, { functionResponse: { name: 'b' } }] },
    hello,
    hello,
    { role: 'model', parts: [{ text: '', thoughtSignature: 'c2ln' }] },
    { parts: [{ text: 'no role is the user’s' }] },
  ];
  expect(read(contents)).toEqual({ contents } as never);
});

test.each<[string, unknown[], string]>([
  ['no contents', [], 'contents is not specified'],
  ['another role', [{ role: 'assistant', parts: [{ text: 'x' }] }], 'Please use a valid role: user, model.'],
  ['no parts', [hello, { role: 'model' }, hello], 'contents.parts must not be empty.'],
  [
    'an empty list of parts',
    [hello, { role: 'model', parts: [] }, hello],
    'contents.parts must not be empty.',
  ],
  [
    'a part without data',
    [{ role: 'user', parts: [{}] }],
    "required oneof field 'data' must have one initialized field",
  ],
  [
    'an empty text',
    [{ role: 'user', parts: [{ text: '' }] }],
    "required oneof field 'data' must have one initialized field",
  ],
  [
    'an empty thought',
    [hello, { role: 'model', parts: [{ text: '', thought: true }] }, hello],
    "required oneof field 'data' must have one initialized field",
  ],
  [
    'a call without a name',
    [hello, calls({ id: '1' }), responses(a)],
    'function_call.name: Name cannot be empty.',
  ],
  [
    'a response without a name',
    [hello, calls(a), responses({ id: '1', name: '' })],
    'function_response.name: Name cannot be empty.',
  ],
  [
    'a file of a place that Gemini cannot read',
    [
      {
        role: 'user',
        parts: [{ fileData: { fileUri: 'artifact://apps/a/users/u/artifacts/f/versions/0' } }],
      },
    ],
    'Invalid or unsupported file uri',
  ],
  ['a text that is a number', [{ role: 'user', parts: [{ text: 5 }] }], '(TYPE_STRING)'],
  [
    'the id of a call as a number',
    [hello, calls({ ...a, id: 1 }), responses({ ...a, id: 1 })],
    '(TYPE_STRING)',
  ],
  [
    'a response that is a text',
    [hello, calls(a), responses({ ...a, response: 'x' })],
    'google.protobuf.Struct',
  ],
  ['arguments that are a list', [hello, calls({ ...a, args: [1] }), responses(a)], 'google.protobuf.Struct'],
  ['a call without response', [hello, calls(a), hello], 'number of function response parts is equal'],
  ['a call at the end', [hello, calls(a)], 'number of function response parts is equal'],
  [
    'fewer responses than calls',
    [hello, calls(a, a), responses(a)],
    'number of function response parts is equal',
  ],
  [
    'more responses than calls',
    [hello, calls(a), responses(a, a)],
    'number of function response parts is equal',
  ],
  ['a call that begins', [calls(a), responses(a)], 'function call turn comes immediately after a user turn'],
  [
    'a call behind an answer',
    [hello, { role: 'model', parts: [{ text: 'so' }] }, calls(a), responses(a)],
    'function call turn comes immediately after a user turn',
  ],
  [
    'a call that a user makes',
    [{ ...calls(a), role: 'user' }, responses(a)],
    'function call turn comes immediately after a user turn',
  ],
  [
    'a response without call',
    [hello, responses(a)],
    'function response turn comes immediately after a function call turn',
  ],
  [
    'a response that comes late',
    [hello, calls(a), responses(a), hello, responses(a)],
    'function response turn comes immediately after a function call turn',
  ],
  [
    'text beside a response',
    [hello, calls(a), { role: 'user', parts: [{ functionResponse: a }, { text: 'x' }] }],
    'Requests ending with a model turn are not supported.',
  ],
  [
    'a response with another id',
    [hello, calls(a), responses({ ...a, id: '2' })],
    'functionResponse.id does not match functionCall.id',
  ],
  [
    'a model that begins',
    [{ role: 'model', parts: [{ text: 'hi' }] }, hello],
    'multiturn requests alternate between user and model',
  ],
])('%s is refused in Gemini’s words, which the list of rules has', (_what, contents, words) => {
  expect(read(contents)).toContain(words);
  expect(DOC).toContain(words);
});
