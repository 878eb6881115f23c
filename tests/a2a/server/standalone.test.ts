import { afterEach, describe, expect, test } from 'bun:test';
import { Role, type Task, TaskState } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutor, InMemoryTaskStore, type RequestContext } from '@a2a-js/sdk/server';
import { standaloneServer, type StandaloneOptions } from '../../../backend/a2a/standalone.ts';
import { answerOf, rpc, rpcStream, taskOf, textMessage, type WireTask, sendText } from './rpc.ts';
import { serveHere } from '../../support/serve-here.ts';

const servers: Bun.Server<unknown>[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(true)));
});

/** Serves an executor; returns the address of its JSON-RPC. */
function serve(executor: AgentExecutor, options: Partial<StandaloneOptions> = {}): string {
  const server = serveHere(async (request) => app.fetch(request));
  servers.push(server);
  const app = standaloneServer({ url: server.url.origin, executor, ...options });
  return `${server.url.origin}/a2a/agent`;
}

const now = () => new Date().toISOString();
const part = (value: string) => ({
  content: { $case: 'text' as const, value },
  metadata: undefined,
  filename: '',
  mediaType: '',
});
const taskFor = ({ taskId, contextId, userMessage }: RequestContext): Task => ({
  id: taskId,
  contextId,
  status: { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: now() },
  artifacts: [],
  history: [userMessage],
  metadata: undefined,
});
const status = ({ taskId, contextId }: RequestContext, state: TaskState) =>
  AgentEvent.statusUpdate({
    taskId,
    contextId,
    status: { state, message: undefined, timestamp: now() },
    metadata: undefined,
  });
const chunk = ({ taskId, contextId }: RequestContext, text: string, append: boolean) =>
  AgentEvent.artifactUpdate({
    taskId,
    contextId,
    append,
    lastChunk: false,
    artifact: {
      artifactId: 'a',
      name: '',
      description: '',
      parts: [part(text)],
      extensions: [],
      metadata: undefined,
    },
    metadata: undefined,
  });

/** Repeats the message, in chunks. */
const echo: AgentExecutor = {
  async execute(request, bus) {
    bus.publish(AgentEvent.task(taskFor(request)));
    bus.publish(chunk(request, 'one ', false));
    bus.publish(chunk(request, 'two', true));
    bus.publish(status(request, TaskState.TASK_STATE_COMPLETED));
  },
  async cancelTask() {},
};

describe('any executor', () => {
  test('is served: send, stream, get, list', async () => {
    const url = serve(echo);
    const task = await sendText(url, 'x');
    expect([task.status.state, answerOf(task), task.artifacts?.[0]?.parts.length]).toEqual([
      'TASK_STATE_COMPLETED',
      'one two',
      1,
    ]);
    const kinds: string[] = [];
    for await (const event of rpcStream(url, 'SendStreamingMessage', { message: textMessage('x') }))
      kinds.push(...Object.keys(event));
    expect(kinds).toEqual(['task', 'artifactUpdate', 'artifactUpdate', 'statusUpdate']);
    expect(taskOf(await rpc(url, 'GetTask', { id: task.id }))).toEqual(task);
    expect((await rpc(url, 'ListTasks', {})).result).toMatchObject({ totalSize: 2 });
  });

  test('may bring its own task store, which is written on status changes and not for each chunk', async () => {
    const saves: number[] = [];
    class Counted extends InMemoryTaskStore {
      override async save(...args: Parameters<InMemoryTaskStore['save']>): Promise<void> {
        saves.push(args[0].artifacts.length);
        return super.save(...args);
      }
    }
    const url = serve(echo, { tasks: new Counted() });
    await rpc(url, 'SendMessage', { message: textMessage('x') });
    expect(saves).toEqual([0, 1]);
  });

  test('that answers with a message creates no task', async () => {
    const url = serve({
      async execute({ contextId }, bus) {
        const answer = {
          messageId: 'm',
          role: Role.ROLE_AGENT,
          parts: [part('hi')],
          contextId,
          taskId: '',
          extensions: [],
          referenceTaskIds: [],
          metadata: undefined,
        };
        bus.publish(AgentEvent.message(answer));
      },
      async cancelTask() {},
    });
    expect((await rpc(url, 'SendMessage', { message: textMessage('x') })).result).toMatchObject({
      message: { parts: [{ text: 'hi' }] },
    });
    expect((await rpc(url, 'ListTasks', {})).result).toMatchObject({ totalSize: 0 });
  });

  test('that fails reveals no reason to callers: before it began as a refusal, later as the end of its task', async () => {
    const secret = 'postgres://user:password@10.0.0.1';
    const early = serve({
      async execute() {
        throw new Error(secret);
      },
      async cancelTask() {},
    });
    const late = serve({
      async execute(request, bus) {
        bus.publish(AgentEvent.task(taskFor(request)));
        throw new Error(secret);
      },
      async cancelTask() {},
    });
    const refused = await rpc(early, 'SendMessage', { message: textMessage('x') });
    expect([refused.status, refused.error?.code, refused.error?.message]).toEqual([
      500,
      -32603,
      'Internal server error',
    ]);
    const failed = await sendText(late, 'x');
    expect([failed.status.state, failed.status.message?.parts[0]?.['text']]).toEqual([
      'TASK_STATE_FAILED',
      'The agent failed; the log says why.',
    ]);
    expect(JSON.stringify([refused, failed])).not.toContain('postgres');
  });

  test('is cancelled through its own cancelTask', async () => {
    const stop = new Map<string, () => void>();
    const url = serve({
      async execute(request, bus) {
        bus.publish(AgentEvent.task(taskFor(request)));
        await new Promise<void>((resolve) => stop.set(request.taskId, resolve));
        bus.publish(status(request, TaskState.TASK_STATE_CANCELED));
      },
      async cancelTask(taskId) {
        stop.get(taskId)?.();
      },
    });
    const begun = taskOf(
      await rpc(url, 'SendMessage', {
        message: textMessage('x'),
        configuration: { returnImmediately: true },
      }),
    );
    expect(begun.status.state).toBe('TASK_STATE_WORKING');
    expect(taskOf(await rpc(url, 'CancelTask', { id: begun.id })).status.state).toBe('TASK_STATE_CANCELED');
  });

  test('is called again for a waiting task, with the earlier messages', async () => {
    const seen: number[] = [];
    const url = serve({
      async execute(request, bus) {
        seen.push(request.task?.history.length ?? 0);
        bus.publish(
          AgentEvent.task({ ...taskFor(request), history: request.task?.history ?? [request.userMessage] }),
        );
        bus.publish(
          status(
            request,
            request.task ? TaskState.TASK_STATE_COMPLETED : TaskState.TASK_STATE_INPUT_REQUIRED,
          ),
        );
      },
      async cancelTask() {},
    });
    const waiting = await sendText(url, 'x');
    const done = await sendText(url, 'y', { taskId: waiting.id });
    expect([waiting.status.state, done.status.state, done.history?.length, seen]).toEqual([
      'TASK_STATE_INPUT_REQUIRED',
      'TASK_STATE_COMPLETED',
      2,
      [0, 2],
    ]);
    const history = taskOf(await rpc(url, 'GetTask', { id: waiting.id, historyLength: 1 }))
      .history as unknown as WireTask[];
    expect(history).toHaveLength(1);
  });

  test('whose store fails at the start is stopped, and its caller gets an error', async () => {
    const cancelled: string[] = [];
    class Broken extends InMemoryTaskStore {
      override async save(): Promise<void> {
        throw new Error('full');
      }
    }
    const url = serve(
      { ...echo, cancelTask: async (id) => void cancelled.push(id) },
      { tasks: new Broken() },
    );
    const { error } = await rpc(url, 'SendMessage', { message: textMessage('x') });
    expect([error?.code, cancelled.length]).toEqual([-32603, 1]);
  });
});

describe('the input is parsed as the protocol says', () => {
  test('a part with two contents, and bytes that are not base64, are refused in both versions', async () => {
    const url = serve(echo);
    const send = async (sent: object) =>
      rpc(url, 'SendMessage', { message: textMessage('x', { parts: [sent] }) });
    const refused = [{ raw: '***' }, { text: 'a', url: 'https://a.example/' }, { raw: 'AA==', data: {} }];
    for (const sent of refused) expect((await send(sent)).error?.code).toBe(-32602);
    for (const sent of [{ raw: 'AA==' }, { raw: '_-8' }, { data: { text: 1, url: 2 } }])
      expect((await send(sent)).error).toBeUndefined();
    const file = (bytes: string) => ({
      message: { kind: 'message', messageId: 'm', role: 'user', parts: [{ kind: 'file', file: { bytes } }] },
    });
    expect((await rpc(url, 'message/send', file('***'), { version: '0.3' })).error?.code).toBe(-32602);
    expect((await rpc(url, 'message/send', file('AA=='), { version: '0.3' })).error).toBeUndefined();
  });

  test('a trailing slash changes nothing', async () => {
    const url = serve(echo);
    expect(answerOf(await sendText(`${url}/`, 'x'))).toBe('one two');
    expect((await rpc(`${url}/`, 'Nonsense', {})).error?.code).toBe(-32601);
  });
});

test('a subscriber of a task that waits for its caller sees its end', async () => {
  const asks: AgentExecutor = {
    async execute(request, bus) {
      if (!request.task) {
        bus.publish(AgentEvent.task(taskFor(request)));
        bus.publish(status(request, TaskState.TASK_STATE_INPUT_REQUIRED));
        return;
      }
      bus.publish(chunk(request, 'done', false));
      bus.publish(status(request, TaskState.TASK_STATE_COMPLETED));
    },
    async cancelTask() {},
  };
  const url = serve(asks);
  const { id: taskId } = await sendText(url, 'begin');
  const stream = rpcStream(url, 'SubscribeToTask', { id: taskId });
  expect((await stream.next()).value).toMatchObject({
    task: { status: { state: 'TASK_STATE_INPUT_REQUIRED' } },
  });
  const rest = Array.fromAsync(stream);
  await rpc(url, 'SendMessage', { message: textMessage('go on', { taskId }) });
  expect((await rest).at(-1)).toMatchObject({ statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } });
});
