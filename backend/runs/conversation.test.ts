import {
  BasePlugin,
  createEvent,
  FunctionTool,
  LlmAgent,
  LongRunningFunctionTool,
  type Event,
  type LlmResponse,
} from '@google/adk';
import type { Part } from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { afterEach, describe, expect, test } from 'bun:test';
import { z } from 'zod';
import { DEFAULT_RUN_LIMITS } from './run-options.ts';
import { refuseByModel } from '../../standins/gemini/model-rules.ts';
import { readRequest } from '../../standins/gemini/validate.ts';
import { Conversation, KEY, type ConversationOptions, type ShownEvent } from '../testing/conversation.ts';

/** As the newest model, which refuses most. */
function strictly(body: string): ReturnType<typeof readRequest> {
  const request = readRequest(body);
  return typeof request === 'string' ? request : (refuseByModel(MODEL, request) ?? request);
}

type AgentOptions = Partial<ConstructorParameters<typeof LlmAgent>[0]>;

let deleted = 0;
let open: Conversation | undefined;
afterEach(() => open?.close());

const tools = (): FunctionTool[] => [
  new FunctionTool({ name: 'list_notes', description: 'l', execute: () => ({ notes: ['n'] }) }),
  new FunctionTool({
    name: 'delete_notes',
    description: 'd',
    requireConfirmation: true,
    execute: () => ({ deleted: ++deleted }),
  }),
  new FunctionTool({
    name: 'broken',
    description: 'b',
    execute: () => {
      throw new Error('no disk');
    },
  }),
];

function begin(agent: AgentOptions = {}, options: Partial<ConversationOptions> = {}): Conversation {
  deleted = 0;
  open = new Conversation(new LlmAgent({ name: 'root', model: MODEL, tools: tools(), ...agent }), {
    readRequest: strictly,
    ...options,
  });
  return open;
}

const call = (name: string, args: Record<string, unknown> = {}): Part => ({ functionCall: { name, args } });
const responsesOf = (events: readonly Event[]): unknown[] =>
  events.flatMap(({ content }) =>
    (content?.parts ?? []).flatMap((part) => part.functionResponse?.response ?? []),
  );
/** What the model was told of the calls, in its newest request. */
const sentResponses = ({ requests }: Conversation): unknown[] =>
  (requests.at(-1) ?? []).flatMap(({ parts }) =>
    (parts ?? []).flatMap((part) => part.functionResponse?.response ?? []),
  );
const sentText = ({ requests }: Conversation): string => JSON.stringify(requests.at(-1));

const UNCONFIRMED = { error: 'This tool call requires confirmation, please approve or reject.' };

describe('one of two parallel calls asks for a confirmation', () => {
  async function asked(): Promise<{ conversation: Conversation; answer: (confirmed: boolean) => Part[] }> {
    const conversation = begin().script([[call('delete_notes'), call('list_notes')]]);
    const { frames } = await conversation.say('delete and list');
    const question = frames
      .flatMap(({ content }) => content?.parts ?? [])
      .find(({ functionCall }) => functionCall?.name === 'adk_request_confirmation')?.functionCall;
    const answer = (confirmed: boolean): Part[] => [
      { functionResponse: { id: question?.id, name: question?.name, response: { confirmed } } },
    ];
    return { conversation, answer };
  }

  test('the result of the other one is stored at once, in the order of the calls', async () => {
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
    expect(deleted).toBe(0);
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
    expect(deleted).toBe(1);
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(sentText(conversation)).toContain('something else');
    expect(conversation.refusals).toEqual([]);
  });
});

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
      const conversation = begin().script([parts]);
      await conversation.say('well?', { streaming });
      expect((await conversation.say('hello', { streaming })).state).toBe('completed');
      expect(conversation.refusals).toEqual([]);
      await conversation.close();
    }
    open = undefined;
  });

  test.each([true, false])(
    'a call without a name is told to the model in words; streaming: %p',
    async (streaming) => {
      const conversation = begin().script([[{ functionCall: { args: { a: 1 } } }]]);
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

  test('a transfer to an agent that does not exist is told to the model, with the agents there are', async () => {
    const conversation = begin({ subAgents: subAgents() }).script([[transfer('nobody')]]);
    const { state, frames } = await conversation.say('hand over');
    expect(state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([
      { error: 'There is no agent named nobody. Transfer to one of: helper.' },
    ]);
    expect(frames.at(-1)?.content?.parts).toEqual([{ text: 'yes' }]);
  });

  test('a transfer to itself is told to the model, and is not made', async () => {
    const conversation = begin({ subAgents: subAgents() }).script([[transfer('root')]]);
    const { state, frames } = await conversation.say('hand over');
    expect(state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ error: 'You are root. Transfer to one of: helper.' }]);
    expect(frames.at(-1)).toMatchObject({ author: 'root', content: { parts: [{ text: 'yes' }] } });
  });

  test.each([true, false])(
    'a response that the model makes up is no answer (streaming: %p)',
    async (streaming) => {
      const invented = { functionResponse: { name: 'list_notes', response: {} } };
      const conversation = begin().script([[invented]], [[{ text: 'a' }, invented]]);
      const { state, frames } = await conversation.say('list', { streaming });
      expect(state).toBe('completed');
      expect(frames.at(-1)?.errorCode).toBe('MODEL_RETURNED_NO_CONTENT');
      expect(conversation.requests).toHaveLength(1);
      const second = await conversation.say('again', { streaming });
      expect(second.frames.at(-1)?.content?.parts).toEqual([{ text: 'a' }]);
      expect(conversation.refusals).toEqual([]);
    },
  );

  test('signatures that Gemini refuses are left out of the request that is made again', async () => {
    const conversation = begin();
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
    // The session keeps them as they came.
    expect(JSON.stringify(await conversation.events())).toContain('c2ln');
  });

  test('a transfer to one that does exist is made', async () => {
    const conversation = begin({ subAgents: subAgents() }).script([[transfer('helper')]]);
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
    const conversation = begin({ subAgents: subAgents() }, { otherwise: [[part]] });
    const { state, frames, reason } = await conversation.say('well?');
    expect(state).toBe('failed');
    expect(conversation.requests).toHaveLength(3);
    expect(frames.at(-1)).toMatchObject({ errorCode: 'SAME_FAILURE_AGAIN' });
    expect(reason).toContain('failed 3 times in a row');
    expect((await conversation.events()).at(-1)).toMatchObject({ errorCode: 'SAME_FAILURE_AGAIN' });
  });

  test('failures that differ, or that a success stands between, do not end it', async () => {
    const conversation = begin().script(
      ...['a', 'b', 'a', 'b', 'a'].map((name) => [[call(`no_${name}`)]]),
      ...['broken', 'broken', 'list_notes', 'broken', 'broken'].map((name) => [[call(name)]]),
    );
    expect((await conversation.say('well?')).state).toBe('completed');
    expect(conversation.requests).toHaveLength(11);
  });

  test('what a tool says itself is no failure of the turn, however often', async () => {
    const poll = new FunctionTool({ name: 'poll', description: 'p', execute: () => ({ error: 'not yet' }) });
    const conversation = begin({ tools: [poll] }).script(
      ...Array.from({ length: 6 }, () => [[call('poll')]]),
    );
    expect((await conversation.say('wait for it')).state).toBe('completed');
    expect(conversation.requests).toHaveLength(7);
  });

  test("a runaway ends at ADK's bound of model calls, which is 500 by default, and the next message is answered", async () => {
    expect(DEFAULT_RUN_LIMITS.maxLlmCalls).toBe(500);
    const calls = Array.from({ length: 21 }, () => [[call('list_notes')]]);
    const conversation = begin({}, { limits: { maxLlmCalls: 20 } }).script(...calls);
    const { state, reason } = await conversation.say('well?');
    expect([state, conversation.requests.length]).toEqual(['failed', 20]);
    expect(reason).toBe('Max number of llm calls limit of 20 exceeded');
    expect((await conversation.say('hello')).state).toBe('completed');
    expect(conversation.refusals).toEqual([]);
  });
});

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
    const conversation = begin(agent, { plugins }).script([[call('list_notes')]]);
    expect((await conversation.say('list')).state).toBe('completed');
    expect(sentResponses(conversation)).toEqual([{ error: expect.stringContaining('boom') }]);
  });

  test('onToolErrorCallback of a plugin', async () => {
    const plugins = [new Throwing(['onToolErrorCallback'])];
    const conversation = begin({}, { plugins }).script([[call('broken')]]);
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
    const conversation = begin(agent, {
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

describe('a replacement keeps what the framework set', () => {
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
    const conversation = begin(agent, { plugins }).script(answer, answer);
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
    const conversation = begin(agent).script([[call('list_notes'), call('list_notes')]]);
    const { frames } = await conversation.say('tell');
    const idsOf = ({ content }: ShownEvent): string[] =>
      (content?.parts ?? []).flatMap(
        (part: Part) => part.functionCall?.id ?? part.functionResponse?.id ?? [],
      );
    const [piece, whole, responses] = frames;
    expect(idsOf(whole!)).toEqual(idsOf(piece!));
    expect(idsOf(responses!)).toEqual(idsOf(whole!));
  });

  test('beforeModelCallback gives a whole answer, even where it calls it a piece', async () => {
    const beforeModelCallback = (): LlmResponse => ({
      content: { role: 'model', parts: [{ text: 'cached' }] },
      partial: true,
    });
    const conversation = begin({ beforeModelCallback });
    const { frames } = await conversation.say('tell');
    expect(frames).toHaveLength(1);
    expect((await conversation.events()).at(-1)?.content?.parts).toEqual([{ text: 'cached' }]);
  });
});

describe('what a caller writes', () => {
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
      const conversation = begin();
      await conversation.say('hello');
      const before = await conversation.events();
      expect(await refused(conversation.say([{ text: 'so' }, part]))).toBe(`BAD_REQUEST: ${words}`);
      expect(await conversation.events()).toEqual(before);
      expect((await conversation.say('hello')).state).toBe('completed');
    },
  );

  test('a session in which such a message stands already goes on', async () => {
    const conversation = begin();
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
    const conversation = begin({ tools: [wait] }).script([[call('wait')]], [[call('wait')]]);
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

test('state that the store refuses is told to the model, and is as it was stored for the rest of the turn', async () => {
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
  const conversation = begin({ tools: [set] }).script(
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
