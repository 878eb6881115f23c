import {
  createEvent,
  FunctionNode,
  InvocationContext,
  LlmAgent,
  NodeTool,
  PluginManager,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
  setLogger,
  TokenBasedContextCompactor,
  type CompactedEvent,
  type Event,
  type LlmRequest,
} from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { beforeAll, expect, test } from 'bun:test';
import { z } from 'zod';
import { useModel } from '../model/gemini-llm.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import { silentLog } from '../testing/run-bench.ts';
import { validHistory } from '../agents/valid-history.ts';
import { activeEvents } from '../events/history-markers.ts';
import { narrowHistory } from './narrow-history.ts';

const VIEWS = { active: activeEvents, valid: validHistory };

// Never called: only the request is built.
beforeAll(() => {
  setLogger(toAdkLogger(silentLog));
  useModel({ backend: { kind: 'stand-in', baseUrl: 'http://127.0.0.1:9' } });
});

const talk = (count: number): Event[] =>
  Array.from({ length: count }, (_, index) => {
    const author = index % 2 === 0 ? 'user' : 'a';
    const content = { role: author === 'user' ? 'user' : 'model', parts: [{ text: `text ${index}` }] };
    return createEvent({ id: `e${index}`, author, timestamp: index + 1, content });
  });

/** The request that the model would be sent, after all request processors. */
async function requestOf(agent: LlmAgent, events: Event[]): Promise<LlmRequest> {
  const session = { id: 's', appName: 'a', userId: 'u', state: {}, events, lastUpdateTime: 0 };
  const pluginManager = new PluginManager([]);
  const context = new InvocationContext({ invocationId: 'e-1', agent, session, pluginManager });
  const request: LlmRequest = { contents: [], toolsDict: {}, liveConnectConfig: {} };
  for (const processor of agent.requestProcessors)
    for await (const event of processor.runAsync(context, request)) events.push(event);
  return request;
}

const makeAgent = (more: Partial<ConstructorParameters<typeof LlmAgent>[0]> = {}): LlmAgent =>
  new LlmAgent({ name: 'a', model: MODEL, ...more });

/** A question of a workflow node, and an answer that does not match its schema. */
const MISFIT = [
  createEvent({
    author: 'a',
    content: {
      role: 'model',
      parts: [
        {
          functionCall: {
            id: 'i1',
            name: REQUEST_INPUT_FUNCTION_CALL_NAME,
            args: {
              response_schema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
            },
          },
        },
      ],
    },
  }),
  createEvent({
    author: 'user',
    content: {
      role: 'user',
      parts: [
        { functionResponse: { id: 'i1', name: REQUEST_INPUT_FUNCTION_CALL_NAME, response: { n: 'x' } } },
      ],
    },
  }),
];
const asking = new NodeTool(new FunctionNode('ask', () => 'done', { inputSchema: z.object({}) }));

test('answers to questions are only searched for where the agent has tools that ask questions', async () => {
  const [plain, withNode, later] = [makeAgent(), makeAgent({ tools: [asking] }), makeAgent()];
  for (const agent of [plain, withNode, later]) narrowHistory(agent, VIEWS);
  await requestOf(plain, [...MISFIT]);
  expect(requestOf(withNode, [...MISFIT])).rejects.toThrow('does not match the responseSchema');
  later.tools.push(asking);
  expect(requestOf(later, [...MISFIT])).rejects.toThrow('does not match the responseSchema');
});

test('with a summary the model is sent the same, and the summarised events are not read', async () => {
  const summary: CompactedEvent = {
    ...createEvent({ id: 'sum', author: 'a', timestamp: 40.5 }),
    isCompacted: true,
    startTime: 1,
    endTime: 31,
    compactedContent: 'They talked.',
  };
  const compactors = [
    new TokenBasedContextCompactor({
      tokenThreshold: 1e9,
      eventRetentionSize: 2,
      summarizer: { summarize: async () => summary },
    }),
  ];
  const events = [...talk(40), summary, ...talk(43).slice(40)];
  const [spared, plain] = [1, 2].map(() => makeAgent({ contextCompactors: compactors }));
  narrowHistory(spared!, VIEWS);
  expect((await requestOf(spared!, [...events])).contents).toEqual(
    (await requestOf(plain!, [...events])).contents,
  );
});

test('the events of a compactor are yielded', async () => {
  const made = {
    ...createEvent({ author: 'a' }),
    isCompacted: true,
    startTime: 1,
    endTime: 30,
  } as CompactedEvent;
  const agent = makeAgent({
    contextCompactors: [
      new TokenBasedContextCompactor({
        tokenThreshold: 1,
        eventRetentionSize: 10,
        summarizer: { summarize: async () => ({ ...made, compactedContent: 'They talked.' }) },
      }),
    ],
  });
  narrowHistory(agent, VIEWS);
  const events = talk(41);
  const { contents } = await requestOf(agent, events);
  expect(events.at(-1)).toMatchObject({ compactedContent: 'They talked.' });
  expect(contents).toHaveLength(12);
});
