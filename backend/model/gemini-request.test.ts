import type { LlmRequest } from '@google/adk';
import type { Content, GenerateContentConfig } from '@google/genai';
import { expect, test } from 'bun:test';
import { toGeminiBody } from './gemini-request.ts';

function sent(model: string, contents: Content[], config?: GenerateContentConfig) {
  const request = { contents, config, toolsDict: {}, liveConnectConfig: {} } as LlmRequest;
  const { body, changes } = toGeminiBody(request, { model, kind: 'gemini-api' });
  return { ...JSON.parse(body), changes };
}

const user: Content = { role: 'user', parts: [{ text: 'hi' }] };
const call = (name: string, thoughtSignature?: string) => ({
  functionCall: { name, args: {} },
  ...(thoughtSignature && { thoughtSignature }),
});
const model = (...parts: Content['parts'] & object): Content => ({ role: 'model', parts });

test('signatures are sent back unchanged', () => {
  const contents = [user, model({ text: '', thoughtSignature: '++//A===' }, call('a', '+/8='), call('b'))];
  expect(sent('gemini-3.8-flash', contents).contents).toEqual(contents);
});

test('an unsigned first call of a step is marked as such for a model that requires signatures', () => {
  const contents = [user, model({ text: 'a moment' }, call('a'), call('b'))];
  const before = structuredClone(contents);
  expect(sent('gemini-3.8-flash', contents).contents[1].parts).toEqual([
    { text: 'a moment' },
    call('a', 'skip_thought_signature_validator'),
    call('b'),
  ]);
  expect(contents).toEqual(before);
  expect(sent('gemini-2.5-flash', contents).contents).toEqual(before);
});

test.each<[string, string, GenerateContentConfig, object | undefined, string[]]>([
  [
    'sampling is left out where it is ignored',
    'gemini-3.8-flash',
    { temperature: 0.2, topP: 0.5, topK: 3, maxOutputTokens: 9 },
    { maxOutputTokens: 9 },
    ['temperature is left out', 'topP is left out', 'topK is left out'],
  ],
  ['sampling stays where it counts', 'gemini-2.5-flash', { temperature: 0.2 }, { temperature: 0.2 }, []],
  ['nothing is made up', 'gemini-3.8-flash', {}, undefined, []],
  [
    'a level that the model lacks becomes the next one',
    'gemini-3.8-flash',
    { thinkingConfig: { thinkingLevel: 'MINIMAL', includeThoughts: true } } as GenerateContentConfig,
    { thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true } },
    ['thinkingLevel MINIMAL becomes LOW'],
  ],
  [
    'of level and budget the level is sent',
    'gemini-3.6-flash',
    { thinkingConfig: { thinkingLevel: 'HIGH', thinkingBudget: 5 } } as GenerateContentConfig,
    { thinkingConfig: { thinkingLevel: 'HIGH' } },
    ['thinkingBudget is left out: thinkingLevel says it'],
  ],
  [
    'a budget alone stays',
    'gemini-3.8-flash',
    { thinkingConfig: { thinkingBudget: 0 } },
    { thinkingConfig: { thinkingBudget: 0 } },
    [],
  ],
  [
    'an old model gets no level',
    'gemini-2.5-flash',
    { thinkingConfig: { thinkingLevel: 'LOW' } } as GenerateContentConfig,
    { thinkingConfig: {} },
    ['thinkingLevel is left out'],
  ],
])('%s', (_what, name, config, generationConfig, changes) => {
  const body = sent(name, [user], config);
  expect(body.generationConfig).toEqual(generationConfig);
  expect(body.changes).toEqual(changes);
});
