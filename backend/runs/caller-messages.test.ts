import { createEvent, LongRunningFunctionTool } from '@google/adk';
import type { Part } from '@google/genai';
import { describe, expect, test } from 'bun:test';
import { beginConversation, call } from '../testing/begin-conversation.ts';
import { KEY } from '../testing/conversation.ts';

describe("a caller's message", () => {
  const refused = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'taken',
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    );
  const confirmation = (response: Record<string, unknown>): Part => ({
    functionResponse: { id: 'q', name: 'adk_request_confirmation', response },
  });

  test.each<[string, Part, string]>([
    ['a call', call('list_notes'), 'A message may not hold a function call: calls are the model’s.'],
    [
      'a response without id',
      { functionResponse: { name: 'a', response: {} } },
      'A function response in a message needs the id of the call that it answers.',
    ],
    [
      'a response with an empty id',
      { functionResponse: { id: '', name: 'a', response: {} } },
      'A function response in a message needs the id of the call that it answers.',
    ],
    [
      'a response to an unknown call',
      { functionResponse: { id: 'x', name: 'a', response: {} } },
      'There is no function call in this session with the id x.',
    ],
    [
      'a confirmation that is no JSON',
      confirmation({ response: 'yes' }),
      'The answer to a confirmation must be {"confirmed": true or false}.',
    ],
    [
      'a confirmation without an answer',
      { functionResponse: { id: 'q', name: 'adk_request_confirmation' } },
      'The answer to a confirmation must be {"confirmed": true or false}.',
    ],
  ])(
    '%s is refused at once, nothing is stored, and the next message is answered',
    async (_what, part, words) => {
      const conversation = beginConversation();
      await conversation.say('hello');
      const before = await conversation.events();
      expect(await refused(conversation.say([{ text: 'so' }, part]))).toBe(`BAD_REQUEST: ${words}`);
      expect(await conversation.events()).toEqual(before);
      expect((await conversation.say('hello')).state).toBe('completed');
    },
  );

  test('a session that already contains such a message can continue', async () => {
    const conversation = beginConversation();
    await conversation.say('hello');
    const session = (await conversation.sessions.getSession(KEY))!;
    for (const part of [call('list_notes'), { functionResponse: { name: 'a', response: {} } }]) {
      const event = createEvent({
        invocationId: 'e-0',
        author: 'user',
        content: { role: 'user', parts: [part] },
      });
      await conversation.sessions.appendEvent({ session, event });
    }
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(conversation.refusals).toEqual([]);
  });

  test('responses to calls of two turns in one message', async () => {
    const wait = new LongRunningFunctionTool({ name: 'wait', description: 'w', execute: () => undefined });
    const conversation = beginConversation({ tools: [wait] }).script([[call('wait')]], [[call('wait')]]);
    const ids: string[] = [];
    for (const text of ['one', 'two']) {
      const { frames } = await conversation.say(text);
      ids.push(
        ...frames.flatMap(
          ({ content }) => content?.parts?.flatMap((part) => part.functionCall?.id ?? []) ?? [],
        ),
      );
    }
    const answers = [...new Set(ids)].map((id) => ({
      functionResponse: { id, name: 'wait', response: { done: id } },
    }));
    expect(answers).toHaveLength(2);
    expect((await conversation.say(answers)).state).toBe('completed');
    expect(conversation.refusals).toEqual([]);
  });
});
