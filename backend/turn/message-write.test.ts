import { FunctionTool, LlmAgent, type AppendEventRequest, type Event } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Part } from '@google/genai';
import { AppError } from '../errors/app-error.ts';
import { fromWire } from '../events/wire.ts';
import { useModel } from '../model/gemini-llm.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';
import { OpenAnswers } from './open-answers.ts';
import { runTurn } from './turn.ts';

const key = { appName: 'a', userId: 'u', sessionId: 's' };
let store: SlowStore;
/** What happened, in order. */
let told: string[];
let whenAsked: PromiseWithResolvers<void>;

/** Real sessions, whose first append waits until it is released. */
class SlowStore extends SqliteSessionStore {
  readonly #gate = Promise.withResolvers<void>();

  letGo(refusal?: AppError): void {
    if (refusal) this.#gate.reject(refusal);
    else this.#gate.resolve();
  }

  override async appendEvent(request: AppendEventRequest): Promise<Event> {
    const { author = '' } = request.event;
    if (author === 'user') await this.#gate.promise;
    const event = await super.appendEvent(request);
    told.push(`stored ${author}`);
    return event;
  }
}

beforeEach(async () => {
  told = [];
  whenAsked = Promise.withResolvers();
  store = new SlowStore({ database: openDatabase(':memory:') });
  await store.createSession(key);
  const answer = {
    candidates: [{ content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP' }],
  };
  useModel({
    backend: { kind: 'stand-in', baseUrl: 'http://model.invalid' },
    fetch: answering(() => {
      told.push('asked');
      return new Response(`data: ${JSON.stringify(answer)}\n\n`);
    }),
  });
});
afterEach(() => store.close());

function answering(answer: () => Response): typeof fetch {
  const asked = async (): Promise<Response> => {
    whenAsked.resolve();
    return answer();
  };
  return Object.assign(asked, { preconnect: fetch.preconnect });
}

/** A turn up to its first wait; with the given callbacks of the agent. */
async function begin(
  more: Partial<ConstructorParameters<typeof LlmAgent>[0]> = {},
  stateDelta?: object,
  part: Part = { text: 'well?' },
) {
  const session = await store.getSession(key);
  if (!session) throw new Error('there is no session');
  return runTurn({
    rootAgent: new LlmAgent({ name: 'a', model: MODEL, ...more }),
    session,
    sessions: store,
    request: {
      ...key,
      streaming: true,
      newMessage: { parts: [part] },
      ...(stateDelta ? { stateDelta: { ...stateDelta } } : {}),
    },
    invocationId: 'e-1',
    answers: new OpenAnswers(),
    signal: new AbortController().signal,
    maxLlmCalls: 5,
    emit: ({ partial }) => told.push(partial ? 'shown piece' : 'shown'),
  });
}

const stored = async () => (await store.getSession(key))?.events.map(({ author }) => author);
/** Waits until everything that does not need the store has continued. */
const settle = () => Bun.sleep(20);

test('the model is asked while the message is being stored, and nothing of its answer is shown before', async () => {
  const turn = begin();
  await whenAsked.promise;
  await settle();
  expect(told).toEqual(['asked']);
  store.letGo();
  await turn;
  expect(told).toEqual(['asked', 'stored user', 'shown piece', 'stored a', 'shown']);
  expect(await stored()).toEqual(['user', 'a']);
});

test('a message that the store refuses ends the turn with its reason, and nothing is shown', async () => {
  const turn = begin();
  await whenAsked.promise;
  store.letGo(new AppError('STORE_UNAVAILABLE'));
  expect(await turn.catch((error: unknown) => error)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(told).toEqual(['asked']);
  expect(await stored()).toEqual([]);
});

test("the store's reason counts even if the model fails meanwhile", async () => {
  useModel({
    backend: { kind: 'stand-in', baseUrl: 'http://model.invalid' },
    fetch: answering(() => new Response('{}', { status: 400 })),
  });
  const turn = begin();
  await whenAsked.promise;
  store.letGo(new AppError('LEASE_LOST'));
  expect(await turn.catch((error: unknown) => error)).toMatchObject({ code: 'LEASE_LOST' });
  expect(await stored()).toEqual([]);
});

test('if something may happen before the model is asked, the message is stored first', async () => {
  const hear = (): undefined => void told.push('callback');
  for (const more of [{ beforeAgentCallback: hear }, { beforeModelCallback: hear }]) {
    const turn = begin(more);
    await settle();
    expect(told).toEqual([]);
    store.letGo();
    await turn;
    expect(told.slice(0, 3)).toEqual(['stored user', 'callback', 'asked']);
    told = [];
    store = await anotherStore();
  }
});

/** The session has a call of `delete_notes` that waits for a confirmation; returns the part that confirms it. */
async function askForConfirmation(): Promise<Part> {
  const session = (await store.getSession(key))!;
  const call = { id: 'c', name: 'delete_notes', args: {} };
  const args = { originalFunctionCall: call, toolConfirmation: { hint: '', confirmed: false } };
  const question = { id: 'q', name: 'adk_request_confirmation', args };
  const response = { id: 'c', name: 'delete_notes', response: { error: 'It needs a confirmation.' } };
  const events = [
    { content: { role: 'model', parts: [{ functionCall: call }] } },
    { content: { role: 'model', parts: [{ functionCall: question }] }, longRunningToolIds: ['q'] },
    {
      content: { role: 'user', parts: [{ functionResponse: response }] },
      actions: { requestedToolConfirmations: { c: args.toolConfirmation } },
    },
  ];
  for (const [index, event] of events.entries())
    await store.appendEvent({
      session,
      event: fromWire({ id: `e${index}`, invocationId: 'e-1', author: 'a', ...event }),
    });
  told = [];
  return { functionResponse: { id: 'q', name: question.name, response: { confirmed: true } } };
}

test.each([
  ['accepted', undefined],
  ['refused', new AppError('SESSION_BUSY')],
] as const)(
  'a tool that the message confirms acts only after the message is stored, which is %s',
  async (_how, refusal) => {
    const answer = await askForConfirmation();
    const tool = new FunctionTool({
      name: 'delete_notes',
      description: 'd',
      requireConfirmation: true,
      execute: () => void told.push('acted'),
    });
    const turn = begin({ tools: [tool] }, undefined, answer);
    await settle();
    expect(told).toEqual([]);
    store.letGo(refusal);
    await turn.catch(() => undefined);
    expect(told.slice(0, 2)).toEqual(refusal ? [] : ['stored user', 'acted']);
  },
);

test("the message's state changes are there when the agent begins", async () => {
  const turn = begin({}, { colour: 'blue' });
  await settle();
  expect(told).toEqual([]);
  store.letGo();
  await turn;
  expect(told.slice(0, 2)).toEqual(['stored user', 'asked']);
});

async function anotherStore(): Promise<SlowStore> {
  const another = new SlowStore({ database: openDatabase(':memory:') });
  await another.createSession(key);
  return another;
}
