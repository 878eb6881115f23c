import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Part, type StreamResponse, TaskState } from '@a2a-js/sdk';
import { type Client, ClientFactory, ClientFactoryOptions } from '@a2a-js/sdk/client';
import { InMemoryRunner } from '@google/adk';
import { RemoteA2AAgent } from '@google/adk/a2a';
import type { Message as LegacyMessage, Task as LegacyTask } from 'a2a-sdk-legacy';
import {
  type Client as LegacyClient,
  ClientFactory as LegacyFactory,
  ClientFactoryOptions as LegacyOptions,
} from 'a2a-sdk-legacy/client';
import { message, openFixture, sending, shownText } from './fixture.ts';

const fixture = await openFixture();
const served = fixture.serve();
afterAll(() => fixture.close());

const ANSWER = /^You said: hello\. I am the stand-in/;
const LONG = 'tell me a story in 60 chunks every 50 ms';
const SHORT = 'tell me a story in 20 chunks every 20 ms';

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** Whether the tool that needed a confirmation ran. */
async function isConfirmed(contextId: string): Promise<boolean> {
  const key = { appName: 'lornu', userId: 'local', sessionId: contextId };
  const { events = [] } = (await served.app.services.sessions.getSession(key)) ?? {};
  return events.some(({ content }) =>
    content?.parts?.some(({ functionResponse }) => functionResponse?.response?.['deleted'] !== undefined),
  );
}

async function firstOf<T>(events: AsyncIterable<T>): Promise<T> {
  for await (const event of events) return event;
  throw new Error('no event');
}

describe.each(['JSONRPC', 'HTTP+JSON'])('the JavaScript SDK over %s, A2A 1.0', (binding) => {
  let client: Client;
  beforeAll(async () => {
    const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      preferredTransports: [binding],
    });
    client = await new ClientFactory(options).createFromUrl(`${served.a2aUrl}/`);
  });

  const stream = (text: string, more = {}): AsyncIterable<StreamResponse> =>
    client.sendMessageStream(sending(message(text, more)));
  const begin = async (text: string): Promise<string> => {
    const { payload } = await firstOf(stream(text));
    return payload?.$case === 'task' ? payload.value.id : '';
  };
  const statesOf = (events: StreamResponse[]) =>
    events.flatMap(({ payload }) =>
      payload?.$case === 'statusUpdate' ? (payload.value.status?.state ?? []) : [],
    );

  test('streams: the task first, its answer in chunks of one artifact, the whole at the end', async () => {
    // Chunks that come within 50 ms are joined.
    const events = await all(stream('hello in 5 chunks every 60 ms'));
    const kinds = events.map(({ payload }) => payload?.$case);
    expect([kinds[0], kinds.at(-1)]).toEqual(['task', 'statusUpdate']);
    const chunks = events.flatMap(({ payload }) =>
      payload?.$case === 'artifactUpdate' ? payload.value : [],
    );
    expect(chunks.length).toBeGreaterThan(3);
    expect(new Set(chunks.map(({ artifact }) => artifact?.artifactId)).size).toBe(1);
    expect(chunks.map(({ append }) => append)).toEqual([
      false,
      ...chunks.slice(1, -1).map(() => true),
      false,
    ]);
    const pieces = chunks.slice(0, -1).map(({ artifact }) => shownText(artifact?.parts));
    expect(pieces.join('')).toContain('I am the stand-in');
    expect(shownText(chunks.at(-1)?.artifact?.parts)).toBe(pieces.join(''));
  });

  test('sends, gets, lists', async () => {
    const task = await client.sendMessage(sending(message('hello')));
    if (!('artifacts' in task)) throw new Error('no task');
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(shownText(task.artifacts[0]?.parts)).toMatch(ANSWER);
    expect((await client.getTask({ id: task.id, tenant: '' })).artifacts).toEqual(task.artifacts);
    const listed = await client.listTasks({
      tenant: '',
      contextId: task.contextId,
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageToken: '',
      statusTimestampAfter: undefined,
    });
    expect(listed.tasks.map(({ id }) => id)).toEqual([task.id]);
  });

  test('cancels', async () => {
    const cancelled = await client.cancelTask({ id: await begin(LONG), tenant: '', metadata: undefined });
    expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
  });

  test('resubscribes', async () => {
    const id = await begin(SHORT);
    const events = await all(client.resubscribeTask({ id, tenant: '' }));
    expect([events[0]?.payload?.$case, statesOf(events)]).toEqual(['task', [TaskState.TASK_STATE_COMPLETED]]);
  });

  test('is asked, answers, and continues in the same task', async () => {
    const events = await all(stream('call delete_notes'));
    const last = events.at(-1)?.payload;
    if (last?.$case !== 'statusUpdate') throw new Error('no status');
    expect(last.value.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    const { taskId, contextId, status } = last.value;
    const asked = status?.message?.parts.find(({ content }) => content?.$case === 'data');
    const question = asked?.content?.$case === 'data' ? asked.content.value : {};
    const answer: Part = {
      content: {
        $case: 'data',
        value: { id: question.id, name: question.name, response: { confirmed: true } },
      },
      metadata: { adk_type: 'function_response' },
      filename: '',
      mediaType: '',
    };
    const done = await all(stream('', { taskId, contextId, parts: [answer] }));
    expect(statesOf(done)).toEqual([TaskState.TASK_STATE_COMPLETED]);
    expect(await isConfirmed(contextId)).toBe(true);
  });

  test('sends files, and gets those that the agent makes', async () => {
    const file: Part = {
      content: { $case: 'raw', value: Buffer.from('AAAA', 'base64') },
      metadata: undefined,
      filename: 'dot.png',
      mediaType: 'image/png',
    };
    const taken = await client.sendMessage(
      sending(message('', { parts: [...message('What is this?').parts, file] })),
    );
    expect('status' in taken && taken.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    const made = await client.sendMessage(sending(message('call draw_status_chart')));
    const artifacts = 'artifacts' in made ? made.artifacts : [];
    const chart = artifacts.find(({ name }) => name === 'environment-status.svg')?.parts[0];
    expect(chart?.content?.$case === 'raw' && chart.content.value.toString()).toStartWith('<svg');
  });
});

describe.each(['JSONRPC', 'HTTP+JSON'])('the JavaScript SDK of A2A 0.3 over %s', (binding) => {
  let client: LegacyClient;
  beforeAll(async () => {
    const options = LegacyOptions.createFrom(LegacyOptions.default, { preferredTransports: [binding] });
    client = await new LegacyFactory(options).createFromUrl(`${served.a2aUrl}/`);
  });

  const sent = (text: string, more: Partial<LegacyMessage> = {}): { message: LegacyMessage } => ({
    message: {
      kind: 'message',
      messageId: crypto.randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text }],
      ...more,
    },
  });
  const textOf = ({ artifacts = [] }: Pick<LegacyTask, 'artifacts'>) =>
    artifacts.flatMap(({ parts }) => parts.map((part) => (part.kind === 'text' ? part.text : ''))).join('');
  const begin = async (text: string): Promise<string> => {
    const first = await firstOf(client.sendMessageStream(sent(text)));
    return first.kind === 'task' ? first.id : '';
  };

  test('sends, gets and streams', async () => {
    const task = (await client.sendMessage(sent('hello'))) as LegacyTask;
    expect([task.status.state, textOf(task)]).toEqual(['completed', expect.stringMatching(ANSWER)]);
    expect((await client.getTask({ id: task.id })).artifacts).toEqual(task.artifacts ?? []);
    const events = await all(client.sendMessageStream(sent('hello')));
    expect([events[0]?.kind, events.at(-1)]).toMatchObject(['task', { kind: 'status-update', final: true }]);
  });

  test('cancels and resubscribes', async () => {
    expect((await client.cancelTask({ id: await begin(LONG) })).status.state).toBe('canceled');
    const id = await begin(SHORT);
    const events = await all(client.resubscribeTask({ id }));
    expect([events[0]?.kind, events.at(-1)]).toMatchObject(['task', { status: { state: 'completed' } }]);
  });

  test('is asked, answers, and continues in the same task', async () => {
    const task = (await client.sendMessage(sent('call delete_notes'))) as LegacyTask;
    const data = task.status.message?.parts.find((part) => part.kind === 'data')?.data ?? {};
    const parts = [
      {
        kind: 'data' as const,
        data: { id: data['id'], name: data['name'], response: { confirmed: true } },
        metadata: { adk_type: 'function_response' },
      },
    ];
    const done = client.sendMessage(sent('', { taskId: task.id, contextId: task.contextId, parts }));
    const { id, status } = (await done) as LegacyTask;
    expect([task.status.state, id, status.state]).toEqual(['input-required', task.id, 'completed']);
    // This SDK's REST transport drops the metadata of parts, which marks the data as an answer.
    expect(await isConfirmed(task.contextId)).toBe(binding === 'JSONRPC');
  });
});

test("adk-js's RemoteA2AAgent works with our server, streamed and whole", async () => {
  // It looks for the card below this address.
  const agentCard = `${served.a2aUrl}/`;
  const runner = new InMemoryRunner({
    appName: 'test',
    agent: new RemoteA2AAgent({ name: 'remote', agentCard }),
  });
  const { id: sessionId } = await runner.sessionService.createSession({ appName: 'test', userId: 'u' });
  const newMessage = { role: 'user', parts: [{ text: 'hello' }] };
  const events = await all(runner.runAsync({ userId: 'u', sessionId, newMessage }));
  expect(events.flatMap(({ errorMessage }) => errorMessage ?? [])).toEqual([]);
  const texts = events.map(({ content }) => (content?.parts ?? []).map(({ text = '' }) => text).join(''));
  expect(texts.filter((text) => ANSWER.test(text))).not.toBeEmpty();
});
