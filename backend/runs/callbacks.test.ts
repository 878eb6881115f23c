import { BasePlugin, type Event, type LlmResponse } from '@google/adk';
import type { Part } from '@google/genai';
import { describe, expect, test } from 'bun:test';
import {
  beginConversation,
  call,
  responsesOf,
  sentResponses,
  type AgentOptions,
} from '../testing/begin-conversation.ts';
import { type ShownEvent } from '../testing/conversation.ts';

describe('callbacks that throw', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  class Throwing extends BasePlugin {
    constructor(names: string[]) {
      super('throwing');
      for (const name of names) (this as unknown as Record<string, unknown>)[name] = async () => boom();
    }
  }

  test.each<[string, AgentOptions, BasePlugin[]]>([
    ['beforeToolCallback', { beforeToolCallback: boom }, []],
    ['afterToolCallback', { afterToolCallback: boom }, []],
    ['beforeToolCallback of a plugin', {}, [new Throwing(['beforeToolCallback'])]],
    ['afterToolCallback of a plugin', {}, [new Throwing(['afterToolCallback'])]],
  ])('%s: the call is answered with what was thrown, and the turn goes on', async (_what, agent, plugins) => {
    const conversation = beginConversation(agent, { plugins }).script([[call('list_notes')]]);
    expect((await conversation.say('list')).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ error: expect.stringContaining('boom') }]);
  });

  test('onToolErrorCallback of a plugin', async () => {
    const plugins = [new Throwing(['onToolErrorCallback'])];
    const conversation = beginConversation({}, { plugins }).script([[call('broken')]]);
    expect((await conversation.say('well?')).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ error: expect.stringContaining('boom') }]);
  });

  test.each<[string, AgentOptions, BasePlugin[]]>([
    ['beforeModelCallback', { beforeModelCallback: boom }, []],
    ['afterModelCallback', { afterModelCallback: boom }, []],
    ['beforeModelCallback of a plugin', {}, [new Throwing(['beforeModelCallback'])]],
    ['afterModelCallback of a plugin', {}, [new Throwing(['afterModelCallback'])]],
    ['onEventCallback of a plugin', {}, [new Throwing(['onEventCallback'])]],
    ['beforeAgentCallback', { beforeAgentCallback: boom }, []],
    ['afterAgentCallback', { afterAgentCallback: boom }, []],
  ])('%s: the turn fails once, in words, and no call stays open', async (_what, agent, plugins) => {
    const conversation = beginConversation(agent, {
      plugins,
      otherwise: [[call('list_notes')]],
      limits: { maxLlmCalls: 4 },
    });
    const { state, reason } = await conversation.say('list');
    expect([state, reason]).toEqual(['failed', expect.any(String)]);
    const events = await conversation.events();
    expect(events.filter(({ errorCode }) => errorCode)).toHaveLength(1);
    const calls = events.flatMap(({ content }) =>
      (content?.parts ?? []).flatMap((part) => part.functionCall ?? []),
    );
    expect(responsesOf(events)).toHaveLength(calls.length);
  });
});

describe('a replacement keeps the fields that the framework set', () => {
  const hide = (response: LlmResponse): LlmResponse => ({
    content: {
      role: 'model',
      parts: (response.content?.parts ?? []).map((part) =>
        part.functionCall
          ? { functionCall: { name: part.functionCall.name, args: part.functionCall.args } }
          : { ...part, ...(part.text ? { text: part.text.replace('secret', '***') } : {}) },
      ),
    },
  });
  class Hiding extends BasePlugin {
    override async afterModelCallback({ llmResponse }: { llmResponse: LlmResponse }) {
      return hide(llmResponse);
    }
  }
  class Rewriting extends BasePlugin {
    override async onEventCallback({ event }: { event: Event }) {
      const { content } = hide(event);
      return { author: '', actions: event.actions, content } as Event;
    }
  }

  test.each<[string, AgentOptions, BasePlugin[]]>([
    ['afterModelCallback', { afterModelCallback: ({ response }) => hide(response) }, []],
    ['afterModelCallback of a plugin', {}, [new Hiding('hiding')]],
    ['onEventCallback of a plugin', {}, [new Rewriting('rewriting')]],
  ])('%s: pieces stay pieces, one whole event', async (_what, agent, plugins) => {
    const answer = [[{ text: 'a ' }], [{ text: 'secret ' }], [{ text: 'word' }]];
    const conversation = beginConversation(agent, { plugins }).script(answer, answer);
    const { frames } = await conversation.say('tell');
    expect(frames.map(({ partial }) => partial === true)).toEqual([true, true, true, false]);
    expect(new Set(frames.map(({ id }) => id)).size).toBe(1);
    expect(frames.at(-1)?.usageMetadata).toMatchObject({ totalTokenCount: 2 });
    expect((await conversation.events()).filter(({ author }) => author === 'root')).toHaveLength(1);
    const { frames: whole } = await conversation.say('tell', { streaming: false });
    expect(whole.map(({ partial }) => partial === true)).toEqual([false]);
  });

  test('calls keep their ids', async () => {
    const agent: AgentOptions = { afterModelCallback: ({ response }) => hide(response) };
    const conversation = beginConversation(agent).script([[call('list_notes'), call('list_notes')]]);
    const { frames } = await conversation.say('tell');
    const idsOf = ({ content }: ShownEvent): string[] =>
      (content?.parts ?? []).flatMap(
        (part: Part) => part.functionCall?.id ?? part.functionResponse?.id ?? [],
      );
    const [piece, whole, responses] = frames;
    expect(idsOf(whole!)).toEqual(idsOf(piece!));
    expect(idsOf(responses!)).toEqual(idsOf(whole!));
  });

  test('beforeModelCallback gives a complete answer, even if it calls it partial', async () => {
    const beforeModelCallback = (): LlmResponse => ({
      content: { role: 'model', parts: [{ text: 'cached' }] },
      partial: true,
    });
    const conversation = beginConversation({ beforeModelCallback });
    const { frames } = await conversation.say('tell');
    expect(frames).toHaveLength(1);
    expect((await conversation.events()).at(-1)?.content?.parts).toEqual([{ text: 'cached' }]);
  });
});
