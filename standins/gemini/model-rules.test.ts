import { expect, test } from 'bun:test';
import { lostSignatures, refuseByModel, signatureOf } from './model-rules.ts';
import type { Content, GeminiRequest, Part } from './request.ts';
import { createStandin } from './server.ts';

const NEW = 'gemini-3.8-flash';
const OLD = 'gemini-2.5-flash';
const SIGNED = signatureOf('a call');
const UNSIGNED = 'skip_thought_signature_validator';

const user = (text: string): Content => ({ role: 'user', parts: [{ text }] });
const call = (name: string, thoughtSignature?: string, id?: string): Part => ({
  functionCall: { name, ...(id && { id }) },
  ...(thoughtSignature && { thoughtSignature }),
});
const made = (...parts: Part[]): Content => ({ role: 'model', parts });
const answered = (...answers: [name: string, id?: string][]): Content => ({
  role: 'user',
  parts: answers.map(([name, id]) => ({ functionResponse: { name, ...(id && { id }) } })),
});
const thinking = (thinkingConfig: object): GeminiRequest => ({
  contents: [user('hi')],
  generationConfig: { thinkingConfig },
});

test.each<[what: string, contents: Content[], words: string | undefined]>([
  ['signed', [user('a'), made(call('f', SIGNED)), answered(['f'])], undefined],
  ["Google's word for history of others", [user('a'), made(call('f', UNSIGNED)), answered(['f'])], undefined],
  ['not signed', [user('a'), made(call('f')), answered(['f'])], 'is missing a thought_signature'],
  [
    'not signed in a later step',
    [user('a'), made(call('f', SIGNED)), answered(['f']), made(call('g')), answered(['g'])],
    '`default_api:g` , position 4',
  ],
  [
    'the first of several signed',
    [user('a'), made(call('f', SIGNED), call('g')), answered(['f'], ['g'])],
    undefined,
  ],
  [
    'another of several signed',
    [user('a'), made(call('f'), call('g', SIGNED)), answered(['f'], ['g'])],
    'is missing a thought_signature',
  ],
  [
    'not signed, in an earlier turn',
    [user('a'), made(call('f')), answered(['f']), made({ text: 'b' }), user('c')],
    undefined,
  ],
  [
    'changed by one character',
    [user('a'), made(call('f', `${SIGNED.slice(0, 9)}A${SIGNED.slice(10)}`)), answered(['f'])],
    'Corrupted thought signature',
  ],
  [
    'as URL-safe base64, which protobuf reads too',
    [user('a'), made(call('f', toUrlSafe(SIGNED))), answered(['f'])],
    undefined,
  ],
  [
    'answered under another id',
    [user('a'), made(call('f', SIGNED, '1')), answered(['f', '2'])],
    'functionResponse.id does not match functionCall.id',
  ],
  ['ended by the model', [user('a'), made({ text: 'b' })], 'Requests ending with a model turn'],
])('a new model and a history that is %s', (_what, contents, words) => {
  const refusal = refuseByModel(NEW, { contents });
  if (words === undefined) expect(refusal).toBeUndefined();
  else expect(refusal).toContain(words);
  expect(refuseByModel(OLD, { contents })).toBeUndefined();
});

test.each([
  [NEW, { thinkingLevel: 'LOW' }, undefined],
  [NEW, { thinkingBudget: 0 }, undefined],
  [NEW, { thinkingLevel: 'minimal' }, 'MINIMAL is not supported'],
  ['gemini-3.6-flash', { thinkingLevel: 'minimal' }, undefined],
  [NEW, { thinkingLevel: 'LOW', thinkingBudget: 1 }, 'only one of thinking budget and thinking level'],
  [OLD, { thinkingLevel: 'LOW' }, 'not supported for this model'],
  [OLD, { thinkingBudget: 0 }, undefined],
])('%s and %p', (model, config, words) => {
  const refusal = refuseByModel(model, thinking(config));
  if (words === undefined) expect(refusal).toBeUndefined();
  else expect(refusal).toContain(words);
});

function toUrlSafe(base64: string): string {
  expect(base64).toMatch(/[+/]/);
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

async function askModel(
  model: string,
  options: { retired?: string[]; answersAs?: string },
): Promise<Response> {
  const standin = createStandin({ chunks: 1, delayMs: 0, ...options });
  const request = new Request(`http://stand-in/v1beta/models/${model}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'any' },
    body: JSON.stringify({ contents: [user('hi')] }),
  });
  return standin(request);
}

test('a signed call that is returned unsigned is counted', () => {
  const contents = (part: Part) => ({ contents: [user('a'), made(part), answered(['f', '1'])] });
  expect(lostSignatures(contents(call('f', UNSIGNED, '1')))).toBe(1);
  expect(lostSignatures(contents(call('f', SIGNED, '1')))).toBe(0);
  expect(lostSignatures(contents(call('f', UNSIGNED)))).toBe(0);
});

test('a retired model is gone, even for a description of it', async () => {
  const refused = await askModel(OLD, { retired: [OLD] });
  expect([refused.status, await refused.text()]).toEqual([
    404,
    expect.stringContaining('is no longer available'),
  ]);
  const asked = createStandin({ chunks: 1, delayMs: 0, retired: [OLD] });
  const about = new Request(`http://stand-in/v1beta/models/${OLD}`, { headers: { 'x-goog-api-key': 'any' } });
  expect((await asked(about)).status).toBe(404);
});

test('another model may answer, by its own rules, and says so', async () => {
  const answer = await askModel(OLD, { answersAs: NEW });
  expect(await answer.json()).toMatchObject({ modelVersion: `stand-in for ${NEW}` });
});
