import { createEvent, FunctionTool, LlmAgent } from '@google/adk';
import type { Part } from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { describe, expect, test } from 'bun:test';
import { z } from 'zod';
import { beginConversation, call, sentResponses } from '../testing/begin-conversation.ts';
import { KEY } from '../testing/conversation.ts';
import { DEFAULT_RUN_LIMITS } from './run-options.ts';

describe('whatever the model answers, the next message is answered', () => {
  test.each<[string, Part[]]>([
    ['nothing', []],
    ['an empty text', [{ text: '' }]],
    ['a part without data', [{}]],
    ['a thought alone', [{ text: 'hm', thought: true }]],
    ['a call without a name', [{ functionCall: { args: {} } }]],
    ['a call with an empty name', [{ functionCall: { name: '', args: {} } }]],
    ['an invented tool', [call('no_such_tool')]],
    ['a tool that throws', [call('broken')]],
    ['a tool that throws beside one that asks', [call('broken'), call('delete_notes')]],
  ])('%s', async (_what, parts) => {
    for (const streaming of [true, false]) {
      const conversation = beginConversation().script([parts]);
      await conversation.say('well?', { streaming });
      expect((await conversation.say('hello', { streaming })).state).toBe('completed');
      expect(conversation.refusals).toEqual([]);
    }
  });

  test.each([true, false])(
    'a call without a name is reported to the model; streaming: %p',
    async (streaming) => {
      const conversation = beginConversation().script([[{ functionCall: { args: { a: 1 } } }]]);
      expect((await conversation.say('well?', { streaming })).state).toBe('completed');
      expect(sentResponses(conversation)).toEqual([
        { error: 'The call has no name. Call one of: list_notes, delete_notes, broken.' },
      ]);
    },
  );
});

describe('a step that failed', () => {
  const transfer = (agentName: string): Part => call('transfer_to_agent', { agentName });
  const subAgents = (): LlmAgent[] => [new LlmAgent({ name: 'helper', model: MODEL, description: 'h' })];

  test('a transfer to an agent that does not exist is reported to the model, with the existing agents', async () => {
    const conversation = beginConversation({ subAgents: subAgents() }).script([[transfer('nobody')]]);
    const { state, frames } = await conversation.say('hand over');
    expect(state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([
      { error: 'There is no agent named nobody. Transfer to one of: helper.' },
    ]);
    expect(frames.at(-1)?.content?.parts).toEqual([{ text: 'yes' }]);
  });

  test('a transfer to itself is reported to the model, and not made', async () => {
    const conversation = beginConversation({ subAgents: subAgents() }).script([[transfer('root')]]);
    const { state, frames } = await conversation.say('hand over');
    expect(state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ error: 'You are root. Transfer to one of: helper.' }]);
    expect(frames.at(-1)).toMatchObject({ author: 'root', content: { parts: [{ text: 'yes' }] } });
  });

  test.each([true, false])(
    'a response invented by the model is no answer (streaming: %p)',
    async (streaming) => {
      const invented = { functionResponse: { name: 'list_notes', response: {} } };
      const conversation = beginConversation().script([[invented]], [[{ text: 'a' }, invented]]);
      const { state, frames } = await conversation.say('list', { streaming });
      expect(state).toBe('completed');
      expect(frames.at(-1)?.errorCode).toBe('MODEL_RETURNED_NO_CONTENT');
      expect(conversation.requests).toHaveLength(1);
      const second = await conversation.say('again', { streaming });
      expect(second.frames.at(-1)?.content?.parts).toEqual([{ text: 'a' }]);
      expect(conversation.refusals).toEqual([]);
    },
  );

  test('signatures that Gemini refuses are left out of the retried request', async () => {
    const conversation = beginConversation();
    await conversation.say('hello');
    const parts = [{ ...call('list_notes'), thoughtSignature: 'c2ln' }];
    const session = (await conversation.sessions.getSession(KEY))!;
    for (const content of [
      { role: 'model', parts },
      { role: 'model', parts: [{ text: 'b', thoughtSignature: 'c2ln' }] },
    ])
      await conversation.sessions.appendEvent({ session, event: createEvent({ author: 'root', content }) });
    for (const streaming of [true, false]) {
      const { state, frames } = await conversation.say('go on', { streaming });
      expect(state).toBe('completed');
      expect(frames.at(-1)?.content?.parts).toEqual([{ text: 'yes' }]);
    }
    expect(conversation.refusals).toEqual(['Corrupted thought signature.', 'Corrupted thought signature.']);
    // The session keeps them unchanged.
    expect(JSON.stringify(await conversation.events())).toContain('c2ln');
  });

  test('a transfer to an existing agent is made', async () => {
    const conversation = beginConversation({ subAgents: subAgents() }).script([[transfer('helper')]]);
    const { frames } = await conversation.say('hand over');
    expect(frames.at(-1)).toMatchObject({ author: 'helper', content: { parts: [{ text: 'yes' }] } });
  });

  test.each<[string, Part]>([
    ['a transfer to nobody', transfer('nobody')],
    ['a transfer to itself', transfer('root')],
    ['an invented tool', call('no_such_tool')],
    ['a call without a name', { functionCall: { args: {} } }],
    ['a tool that throws', call('broken')],
  ])('%s three times in a row ends the turn with an event that says so', async (_what, part) => {
    const conversation = beginConversation({ subAgents: subAgents() }, { otherwise: [[part]] });
    const { state, frames, reason } = await conversation.say('well?');
    expect(state).toBe('failed');
    expect(conversation.requests).toHaveLength(3);
    expect(frames.at(-1)).toMatchObject({ errorCode: 'SAME_FAILURE_AGAIN' });
    expect(reason).toContain('failed 3 times in a row');
    expect((await conversation.events()).at(-1)).toMatchObject({ errorCode: 'SAME_FAILURE_AGAIN' });
  });

  test('different failures, or failures with a success between them, do not end it', async () => {
    const conversation = beginConversation().script(
      ...['a', 'b', 'a', 'b', 'a'].map((name) => [[call(`no_${name}`)]]),
      ...['broken', 'broken', 'list_notes', 'broken', 'broken'].map((name) => [[call(name)]]),
    );
    expect((await conversation.say('well?')).state).toBe('completed');
    expect(conversation.requests).toHaveLength(11);
  });

  test("a tool's own messages are no failures of the turn, however often they repeat", async () => {
    const poll = new FunctionTool({ name: 'poll', description: 'p', execute: () => ({ error: 'not yet' }) });
    const conversation = beginConversation({ tools: [poll] }).script(
      ...Array.from({ length: 6 }, () => [[call('poll')]]),
    );
    expect((await conversation.say('wait for it')).state).toBe('completed');
    expect(conversation.requests).toHaveLength(7);
  });

  test("a runaway ends at ADK's limit of model calls, which is 500 by default, and the next message is answered", async () => {
    expect(DEFAULT_RUN_LIMITS.maxLlmCalls).toBe(500);
    const calls = Array.from({ length: 21 }, () => [[call('list_notes')]]);
    const conversation = beginConversation({}, { limits: { maxLlmCalls: 20 } }).script(...calls);
    const { state, reason } = await conversation.say('well?');
    expect([state, conversation.requests.length]).toEqual(['failed', 20]);
    expect(reason).toBe('Max number of llm calls limit of 20 exceeded');
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(conversation.refusals).toEqual([]);
  });
});

test('state that the store refuses is reported to the model, and stays as stored for the rest of the turn', async () => {
  const seen: unknown[] = [];
  const set = new FunctionTool({
    name: 'set',
    description: 's',
    parameters: z.object({ key: z.string(), length: z.number() }),
    execute: ({ key, length }, context) => {
      seen.push(context?.state.get('user:x'));
      context?.state.set(key, 'x'.repeat(length));
      return { ok: true };
    },
  });
  const conversation = beginConversation({ tools: [set] }).script(
    [[call('set', { key: 'user:x', length: 1 })]],
    [[call('set', { key: 'user:x', length: 200_000 })]],
    [[call('set', { key: 'user:', length: 1 })]],
    [[call('set', { key: 'user:y', length: 1 })]],
  );
  expect((await conversation.say('set')).state).toBe('completed');
  expect(sentResponses(conversation)).toEqual([
    { ok: true },
    { error: expect.stringContaining('too large') },
    { error: expect.stringContaining('without a name') },
    { ok: true },
  ]);
  expect(seen).toEqual([undefined, 'x', 'x', 'x']);
  const { state } = (await conversation.sessions.getSession(KEY))!;
  expect(state).toEqual({ 'user:x': 'x', 'user:y': 'x' });
});
