import { FunctionTool } from '@google/adk';
import type { Part } from '@google/genai';
import { describe, expect, test } from 'bun:test';
import {
  beginConversation,
  call,
  deletionCount,
  responsesOf,
  sentResponses,
  sentText,
  UNCONFIRMED,
} from '../testing/begin-conversation.ts';
import type { Conversation, ShownEvent } from '../testing/conversation.ts';

/** A person's decision about the confirmation that these frames ask for. */
function answerTo(frames: readonly ShownEvent[], confirmed: boolean): Part[] {
  const question = frames
    .flatMap(({ content }) => content?.parts ?? [])
    .find(({ functionCall }) => functionCall?.name === 'adk_request_confirmation')?.functionCall;
  return [{ functionResponse: { id: question?.id, name: question?.name, response: { confirmed } } }];
}

describe('one of two parallel calls asks for a confirmation', () => {
  async function asked(): Promise<{ conversation: Conversation; answer: (confirmed: boolean) => Part[] }> {
    const conversation = beginConversation().script([[call('delete_notes'), call('list_notes')]]);
    const { frames } = await conversation.say('delete and list');
    return { conversation, answer: (confirmed) => answerTo(frames, confirmed) };
  }

  test("the other call's result is stored at once, in the order of the calls", async () => {
    const { conversation } = await asked();
    expect(responsesOf(await conversation.events())).toEqual([UNCONFIRMED, { notes: ['n'] }]);
  });

  test('approved: both results are stored and sent', async () => {
    const { conversation, answer } = await asked();
    expect((await conversation.say(answer(true))).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ deleted: 1 }, { notes: ['n'] }]);
    expect(responsesOf(await conversation.events())).toContainEqual({ deleted: 1 });
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ deleted: 1 }, { notes: ['n'] }]);
  });

  test('declined', async () => {
    const { conversation, answer } = await asked();
    expect((await conversation.say(answer(false))).state).toBe('completed');
    expect(deletionCount()).toBe(0);
    expect(sentResponses(conversation)).toEqual([
      { error: expect.stringContaining('rejected') },
      { notes: ['n'] },
    ]);
    expect((await conversation.say('hello')).state).toBe('completed');
  });

  test('ignored, then answered late, then answered again', async () => {
    const { conversation, answer } = await asked();
    expect((await conversation.say('something else')).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([UNCONFIRMED, { notes: ['n'] }]);
    expect((await conversation.say(answer(true))).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ deleted: 1 }, { notes: ['n'] }]);
    expect((await conversation.say(answer(true))).state).toBe('completed');
    expect(deletionCount()).toBe(1);
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(sentText(conversation)).toContain('something else');
    expect(conversation.refusals).toEqual([]);
  });
});

test('a turn that is stopped while its confirmed tool runs: the call is closed, and never made again', async () => {
  let calls = 0;
  const began = Promise.withResolvers<void>();
  const slow = new FunctionTool({
    name: 'slow',
    description: 's',
    requireConfirmation: true,
    execute: async () => {
      calls++;
      began.resolve();
      // Shorter than the time that a stopped turn has to end by itself.
      await Bun.sleep(200);
      return { done: true };
    },
  });
  const conversation = beginConversation({ tools: [slow] }).script([[call('slow')]]);
  const { frames } = await conversation.say('do it');
  const answer = answerTo(frames, true);

  const approved = conversation.say(answer);
  await began.promise;
  await conversation.stop();
  expect((await approved).state).toBe('cancelled');
  expect(responsesOf(await conversation.events()).at(-1)).toEqual({
    error: expect.stringContaining('interrupted'),
  });
  expect((await conversation.say(answer)).state).toBe('completed');
  expect((await conversation.say('hello')).state).toBe('completed');
  expect(calls).toBe(1);
  expect(conversation.refusals).toEqual([]);
});

test('a turn that is stopped while its question is stored: a later approval makes the call, once', async () => {
  const conversation = beginConversation().script([[call('delete_notes')]]);
  const { sessions } = conversation;
  const append = sessions.appendEvent.bind(sessions);
  let stopping: Promise<void> | undefined;
  sessions.appendEvent = async (request) => {
    const event = await append(request);
    if (!event.longRunningToolIds?.length) return event;
    stopping = conversation.stop();
    // The turn ends only after this, and the stop only after the turn.
    await Bun.sleep(50);
    return event;
  };
  const { state, frames } = await conversation.say('delete them');
  await stopping;
  expect(state).toBe('cancelled');
  expect(responsesOf(await conversation.events())).toEqual([UNCONFIRMED]);
  const answer = answerTo(frames, true);
  expect((await conversation.say(answer)).state).toBe('completed');
  expect(sentResponses(conversation)).toEqual([{ deleted: 1 }]);
  expect((await conversation.say(answer)).state).toBe('completed');
  expect(deletionCount()).toBe(1);
  expect(conversation.refusals).toEqual([]);
});
