import type { Content, Part } from '@google/genai';
import { expect, test } from 'bun:test';
import { validContents } from './valid-contents.ts';

const user = (...parts: Part[]): Content => ({ role: 'user', parts });
const model = (...parts: Part[]): Content => ({ role: 'model', parts });
const call = (name?: string, id?: string): Part => ({ functionCall: { id, name, args: {} } });
const response = (name?: string, id?: string, value: unknown = name): Part => ({
  functionResponse: { id, name, response: { result: value } },
});
const hello = user({ text: 'hello' });
/** A short form of contents that shows the effect of a rule. */
const told = (contents: Content[]): string[] =>
  validContents(contents).map(({ role, parts }) => {
    const words = (parts ?? []).map(({ text, functionCall, functionResponse }) => {
      if (functionCall) return `${functionCall.name}(${functionCall.id ?? ''})`;
      if (!functionResponse) return text;
      const { id = '', name, response: value } = functionResponse;
      return `${name}(${id})=${JSON.stringify(value?.['result'])?.replaceAll('"', '') ?? 'none'}`;
    });
    return `${role}: ${words.join(', ')}`;
  });
const HELLO = 'user: hello';

test('a valid conversation is sent unchanged, part by part', () => {
  const contents = [
    hello,
    model({ text: 'so' }, call('a', '1')),
    user(response('a', '1')),
    model({ text: 'yes' }),
  ];
  expect(validContents([...contents, hello])).toEqual([...contents, hello]);
});

test.each<[string, Content[], string[]]>([
  [
    'ids that are numbers, as another writer stored them',
    [hello, model(call('a', 5 as never)), user(response('a', 5 as never)), hello],
    [HELLO, 'model: a()', 'user: a()=a', HELLO],
  ],
  [
    'texts and signatures that are none',
    [hello, model({ text: 5 as never }, { text: 'yes', thoughtSignature: true as never }), hello],
    [HELLO, 'model: yes', HELLO],
  ],
  [
    'a name that is a number',
    [hello, model(call(5 as never, '1')), user(response(5 as never, '1'))],
    [HELLO, 'model: unnamed_function(1)', 'user: unnamed_function(1)=5'],
  ],
  [
    'a call without response',
    [hello, model(call('a', '1')), hello],
    [HELLO, 'model: a(1)', 'user: a(1)=none', HELLO],
  ],
  ['a call at the end', [hello, model(call('a'))], [HELLO, 'model: a()', 'user: a()=none']],
  ['a response without call', [hello, user(response('a', '1')), hello], [HELLO, HELLO]],
  [
    'half of parallel calls',
    [hello, model(call('a'), call('b')), user(response('b'))],
    [HELLO, 'model: a(), b()', 'user: a()=none, b()=b'],
  ],
  [
    'responses in another order',
    [hello, model(call('a', '1'), call('b', '2')), user(response('b', '2'), response('a', '1'))],
    [HELLO, 'model: a(1), b(2)', 'user: a(1)=a, b(2)=b'],
  ],
  [
    'responses in two contents',
    [hello, model(call('a', '1'), call('b', '2')), user(response('a', '1')), user(response('b', '2'))],
    [HELLO, 'model: a(1), b(2)', 'user: a(1)=a, b(2)=b'],
  ],
  [
    'a later response of the same call',
    [hello, model(call('a', '1')), user(response('a', '1', 'old')), user(response('a', '1', 'new'))],
    [HELLO, 'model: a(1)', 'user: a(1)=new'],
  ],
  [
    'a response that comes late',
    [hello, model(call('a', '1')), hello, user(response('a', '1'))],
    [HELLO, 'model: a(1)', 'user: a(1)=a', HELLO],
  ],
  [
    'a response that stands before its call',
    [user(response('a', '1')), hello, model(call('a', '1'))],
    [HELLO, 'model: a(1)', 'user: a(1)=a'],
  ],
  [
    'text beside a response',
    [hello, model(call('a', '1')), user(response('a', '1'), { text: 'and?' })],
    [HELLO, 'model: a(1)', 'user: a(1)=a', 'user: and?'],
  ],
  [
    'the same id twice in one content',
    [hello, model(call('a', '1'), call('a', '1')), user(response('a', '1', 'x'), response('a', '1', 'y'))],
    [HELLO, 'model: a(1), a(1)', 'user: a(1)=x, a(1)=y'],
  ],
  [
    'the same id in two turns',
    [
      hello,
      model(call('a', '1')),
      user(response('a', '1', 'x')),
      model(call('a', '1')),
      user(response('a', '1', 'y')),
    ],
    [HELLO, 'model: a(1)', 'user: a(1)=x', 'model: a(1)', 'user: a(1)=y'],
  ],
  [
    'ids on one side alone',
    [hello, model(call('a', '1')), user(response('a'))],
    [HELLO, 'model: a(1)', 'user: a(1)=a'],
  ],
  [
    'a call without a name',
    [hello, model(call(undefined, '1'), call('', '2')), user(response(undefined, '1'))],
    [
      HELLO,
      'model: unnamed_function(1), unnamed_function(2)',
      'user: unnamed_function(1)=none, unnamed_function(2)=none',
    ],
  ],
  [
    'a response of another name',
    [hello, model(call('a', '1')), user(response('b', '1'))],
    [HELLO, 'model: a(1)', 'user: a(1)=b'],
  ],
  [
    'a call that a user wrote',
    [user({ text: 'hello' }, call('a', '1')), user(response('a', '1')), hello],
    [HELLO, HELLO],
  ],
  [
    'contents without parts',
    [hello, { role: 'model' }, model(), { role: 'model', parts: undefined }, hello],
    [HELLO, HELLO],
  ],
  [
    'parts without data',
    [hello, model({ text: '' }, {}, { text: '', thought: true }, { text: 'yes' })],
    [HELLO, 'model: yes'],
  ],
  ['a signature without text', [hello, model({ text: '', thoughtSignature: 'c2ln' })], [HELLO, 'model: ']],
  [
    'a model that begins',
    [model({ text: 'hi' }), hello],
    ['user: The conversation begins with your words.', 'model: hi', HELLO],
  ],
  [
    'a call that begins',
    [model(call('a')), user(response('a'))],
    ['user: The conversation begins with your words.', 'model: a()', 'user: a()=a'],
  ],
  [
    'a call behind an answer',
    [hello, model({ text: 'so' }), model(call('a')), user(response('a'))],
    [HELLO, 'model: so, a()', 'user: a()=a'],
  ],
  [
    'other roles',
    [
      { parts: [{ text: 'hello' }] },
      model(call('a')),
      { role: 'function', parts: [response('a')] },
      { role: 'tool', parts: [{ text: 'x' }] },
    ],
    [HELLO, 'model: a()', 'user: a()=a', 'user: x'],
  ],
  ['nothing', [], []],
])('%s', (_what, contents, expected) => {
  const before = structuredClone(contents);
  expect(told(contents)).toEqual(expected);
  expect(contents).toEqual(before);
});

test('an open call gets a response that says its result is unknown', () => {
  const [, , answer] = validContents([hello, model(call('a', '1'))]);
  expect(answer?.parts?.[0]?.functionResponse).toEqual({
    id: '1',
    name: 'a',
    response: {
      error: 'No answer to this call has been recorded. It is not known whether the call took effect.',
    },
  });
});

test.each([
  ['text', 'done', { result: 'done' }],
  ['a list', [1], { results: [1] }],
  ['nothing', undefined, { result: null }],
])('a response of %s becomes an object', (_what, value, expected) => {
  const bare = { functionResponse: { id: '1', name: 'a', response: value as never } };
  const [, , answer] = validContents([hello, model(call('a', '1')), user(bare)]);
  expect(answer?.parts?.[0]?.functionResponse?.response).toEqual(expected);
});

test('arguments and responses that are null or not objects become objects', () => {
  const bare = (args: unknown): Part => ({
    functionCall: { name: 'a', args: args as Record<string, unknown> },
  });
  for (const args of [null, [1], 'x', 1]) {
    const [, calls] = validContents([hello, model(bare(args)), user(response('a'))]);
    expect(calls?.parts).toEqual([bare({})]);
  }
  const nothing = { functionResponse: { name: 'a', response: null as unknown as Record<string, unknown> } };
  expect(validContents([hello, model(bare({})), user(nothing)])[2]?.parts).toEqual([
    { functionResponse: { name: 'a', response: { result: null } } },
  ]);
});
