import {
  BaseLlm,
  ContentRequestProcessor,
  ContextCompactorRequestProcessor,
  createEvent,
  FunctionTool,
  InvocationContext,
  LlmAgent,
  LLMRegistry,
  PluginManager,
  setLogger,
  StreamingMode,
  TokenBasedContextCompactor,
  type BaseLlmConnection,
  type Event,
  type LlmRequest,
  type LlmResponse,
} from '@google/adk';
import { beforeAll, expect, test } from 'bun:test';
import { z } from 'zod';
import { MODEL } from '@lornu/agents/model.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import { silentLog } from '../testing/run-bench.ts';
import { GEMINI_MODELS, registerModel } from './model-registry.ts';
import { parkCalls, unparkCalls } from './parked-calls.ts';
import { rememberDeclarations } from './remember-declarations.ts';
import { repeatCalls } from './repeat-calls.ts';
import { openTurnScope, partialsOf, turnScopeOf, type TurnScope } from './turn-scope.ts';
import { validateOutput } from './validate-output.ts';

// This folder relies on adk-js behaviour that is not documented. Each test fails if a new version behaves differently.

beforeAll(() => setLogger(toAdkLogger(silentLog)));

const CALL = { functionCall: { id: 'c1', name: 'roll', args: {} } };
const text = (said: string): LlmResponse => ({ content: { role: 'model', parts: [{ text: said }] } });

/** A model that returns scripted answers in order and records its requests. */
class ScriptedLlm extends BaseLlm {
  readonly asked: { request: LlmRequest; signal: AbortSignal | undefined }[] = [];
  readonly #script: LlmResponse[][];

  constructor(script: LlmResponse[][]) {
    super({ model: 'scripted' });
    this.#script = script;
  }

  override async *generateContentAsync(
    request: LlmRequest,
    _stream?: boolean,
    signal?: AbortSignal,
  ): AsyncGenerator<LlmResponse> {
    this.asked.push({ request, signal });
    yield* this.#script.shift() ?? [text('done')];
  }

  override async connect(): Promise<BaseLlmConnection> {
    throw new Error('never');
  }
}

function openAgent(script: LlmResponse[][] = []) {
  const model = new ScriptedLlm(script);
  const calls: (AbortSignal | undefined)[] = [];
  const tool = new FunctionTool({
    name: 'roll',
    description: 'Rolls a die.',
    parameters: z.object({}),
    execute: (_args, context) => {
      calls.push(context?.invocationContext.abortSignal);
      return { rolled: 4 };
    },
  });
  const agent = new LlmAgent({ name: 'root', model, tools: [tool] });
  const { signal } = new AbortController();
  const context = new InvocationContext({
    invocationId: 'e-1',
    agent,
    session: { id: 's', appName: 'a', userId: 'u', state: {}, events: [], lastUpdateTime: 0 },
    runConfig: { streamingMode: StreamingMode.SSE },
    pluginManager: new PluginManager([]),
    abortSignal: signal,
  });
  const run = async (): Promise<Event[]> => {
    const events: Event[] = [];
    for await (const event of agent.runAsync(context)) events.push(event);
    return events;
  };
  return { agent, tool, model, calls, context, signal, run };
}

test("turn-scope: the model and the tools get the turn's own signal, and the request names its agent", async () => {
  const { model, calls, signal, run } = openAgent([[{ content: { role: 'model', parts: [CALL] } }]]);
  const scope = { partials: () => undefined } as unknown as TurnScope;
  openTurnScope(signal, scope);
  await run();
  expect(calls).toEqual([signal]);
  expect(calls[0]).toBe(signal);
  expect(model.asked).toHaveLength(2);
  for (const { request, signal: given } of model.asked) {
    expect(turnScopeOf(given)).toBe(scope);
    expect(partialsOf(request, given)).toBeDefined();
    expect(partialsOf({ ...request, config: {} }, given)).toBeUndefined();
  }
  expect(turnScopeOf(new AbortController().signal)).toBeUndefined();
});

test('parked-calls: ADK executes the calls of a partial answer, unless they are parked, and lets those through', async () => {
  const partial = { partial: true, content: { role: 'model', parts: [CALL, { text: 'wait' }] } };
  const open = openAgent([[partial]]);
  await open.run();
  expect(open.calls).not.toEqual([]);
  const parked = openAgent([[parkCalls(partial)]]);
  const [event] = await parked.run();
  expect(parked.calls).toEqual([]);
  expect(unparkCalls(event!).content?.parts).toEqual([
    { functionCall: expect.objectContaining({ name: 'roll' }) },
    { text: 'wait' },
  ]);
});

test('repeat-calls: the calls of an event run with all callbacks and plugins around them', async () => {
  const { agent, calls, context } = openAgent();
  const seen: string[] = [];
  agent.beforeToolCallback = ({ tool }) => void seen.push(tool.name);
  const event = createEvent({ author: 'root', content: { role: 'model', parts: [CALL] } });
  const answer = await repeatCalls(context, event);
  expect([calls.length, seen]).toEqual([1, ['roll']]);
  expect(answer?.content?.parts?.[0]?.functionResponse).toMatchObject({ id: 'c1', response: { rolled: 4 } });
  expect(await repeatCalls(context, { ...event, author: 'nobody' })).toBeUndefined();
});

test('remember-declarations: ADK asks each tool for its declaration by this name, in every model call', async () => {
  const { agent, tool, run, model } = openAgent([[{ content: { role: 'model', parts: [CALL] } }]]);
  let times = 0;
  const make = tool._getDeclaration.bind(tool);
  tool._getDeclaration = () => (times++, make());
  rememberDeclarations(agent);
  await run();
  expect([model.asked.length, times]).toEqual([2, 1]);
  const [first, second] = model.asked.map(({ request }) => request.config?.tools);
  expect(JSON.stringify(first)).toContain('"roll"');
  expect(second).toEqual(first);
});

test('narrow-history: the wrapped processors have these names and fields', () => {
  const { requestProcessors } = openAgent().agent;
  const named = requestProcessors.filter(
    (processor) => processor.constructor.name === 'RequestInputLlmRequestProcessor',
  );
  expect(named).toHaveLength(1);
  expect(requestProcessors.filter((processor) => processor instanceof ContentRequestProcessor)).toHaveLength(
    1,
  );
  const compactor = new TokenBasedContextCompactor({
    tokenThreshold: 1,
    eventRetentionSize: 1,
    summarizer: { compact: async () => undefined } as never,
  });
  expect(new ContextCompactorRequestProcessor([compactor])).toMatchObject({ compactors: [compactor] });
});

test('model-registry: a class registered under the patterns of the stock class replaces it', () => {
  class Ours extends ScriptedLlm {
    static override readonly supportedModels = GEMINI_MODELS;
    constructor() {
      super([]);
    }
  }
  // The registry caches its result per name, so each lookup uses another name.
  const before = LLMRegistry.resolve(`${MODEL}-001`);
  registerModel(Ours);
  expect(LLMRegistry.resolve(`${MODEL}-002`)).toBe(Ours);
  registerModel(before);
});

test("validate-output: an agent's schema is applied by this method", () => {
  const agent = new LlmAgent({ name: 'root', outputSchema: z.object({ n: z.number() }) });
  expect(validateOutput(agent, { n: 1 })).toEqual({ n: 1 });
  expect(() => validateOutput(agent, { n: 'x' })).toThrow();
});
