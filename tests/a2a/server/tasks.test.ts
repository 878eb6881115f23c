import { afterAll, describe, expect, test } from 'bun:test';
import { until } from '../../support/until.ts';
import { answerOf, rpc, rpcStream, taskOf, textMessage, type WireTask, sendText } from './rpc.ts';
import { openFixture } from './fixture.ts';

const fixture = await openFixture();
/** Two processes of the service on one store. */
const here = fixture.serve();
const there = fixture.serve();
afterAll(() => fixture.close());

const LONG = 'tell me a story in 60 chunks every 50 ms';
const send = async (text: string, more = {}, served = here): Promise<WireTask> =>
  sendText(served.a2aUrl, text, more);
const sendLong = async (): Promise<WireTask> =>
  taskOf(
    await rpc(here.a2aUrl, 'SendMessage', {
      message: textMessage(LONG),
      configuration: { returnImmediately: true },
    }),
  );
const get = async (id: string, served = here): Promise<WireTask> =>
  taskOf(await rpc(served.a2aUrl, 'GetTask', { id }));

describe('a message to a busy context', () => {
  const WHEN_BUSY = 'https://lornu.ai/a2a/when-busy';
  const inContext = async (text: string, contextId: string, whenBusy: string, served = here) =>
    rpc(served.a2aUrl, 'SendMessage', {
      message: textMessage(text, { contextId, metadata: { [WHEN_BUSY]: whenBusy } }),
      configuration: { returnImmediately: true },
    });
  const become = async (id: string, state: string): Promise<WireTask> =>
    until(async () => {
      const now = await get(id, there);
      return now.status.state === state ? now : undefined;
    });

  test('that is queued is a submitted task, works when the previous one has ended, and can be cancelled', async () => {
    const first = await sendLong();
    const queued = taskOf(await inContext('count to 5', first.contextId, 'queue'));
    const back = taskOf(await inContext('never mind', first.contextId, 'queue'));
    const last = taskOf(await inContext('count to 6', first.contextId, 'queue', there));
    expect([queued, back, last].map(({ status }) => status.state)).toEqual([
      'TASK_STATE_SUBMITTED',
      'TASK_STATE_SUBMITTED',
      'TASK_STATE_SUBMITTED',
    ]);
    expect(taskOf(await rpc(there.a2aUrl, 'CancelTask', { id: back.id })).status.state).toBe(
      'TASK_STATE_CANCELED',
    );
    expect((await get(queued.id, there)).status.state).toBe('TASK_STATE_SUBMITTED');
    await rpc(here.a2aUrl, 'CancelTask', { id: first.id });
    expect(answerOf(await become(queued.id, 'TASK_STATE_COMPLETED'))).toBe('1 2 3 4 5');
    expect(answerOf(await become(last.id, 'TASK_STATE_COMPLETED'))).toBe('1 2 3 4 5 6');
    expect((await get(back.id)).status.state).toBe('TASK_STATE_CANCELED');
  });

  test('that interrupts cancels the running task, even of another process', async () => {
    const first = await sendLong();
    const urgent = taskOf(await inContext('count to 5', first.contextId, 'interrupt', there));
    expect(answerOf(await become(urgent.id, 'TASK_STATE_COMPLETED'))).toBe('1 2 3 4 5');
    await become(first.id, 'TASK_STATE_CANCELED');
  });

  test('is refused by default, and with an unknown value', async () => {
    const first = await sendLong();
    const refused = await rpc(here.a2aUrl, 'SendMessage', {
      message: textMessage('hello', { contextId: first.contextId }),
    });
    expect(refused.error?.data?.[0]?.['reason']).toBe('SESSION_BUSY');
    expect((await inContext('hello', first.contextId, 'wait')).error?.code).toBe(-32602);
    await rpc(here.a2aUrl, 'CancelTask', { id: first.id });
  });
});

describe('a task', () => {
  test('continues when its listener disconnects', async () => {
    const left = new AbortController();
    let id = '';
    const stream = rpcStream(
      here.a2aUrl,
      'SendStreamingMessage',
      { message: textMessage('tell me a story in 20 chunks every 20 ms') },
      { signal: left.signal },
    );
    for await (const { task } of stream) {
      id = (task as WireTask).id;
      break;
    }
    left.abort();
    const task = await until(async () => {
      const now = await get(id);
      return now.status.state === 'TASK_STATE_COMPLETED' ? now : undefined;
    });
    expect(answerOf(task).length).toBeGreaterThan(100);
  });

  test('is visible to the other process while it is worked on, and when it has ended', async () => {
    const { id } = await sendLong();
    expect((await get(id, there)).status.state).toBe('TASK_STATE_WORKING');
    await rpc(there.a2aUrl, 'CancelTask', { id });
    expect((await get(id, there)).status.state).toBe('TASK_STATE_CANCELED');
  });

  test.each(['here', 'there'] as const)('is cancelled from %s, and its run stops', async (where) => {
    const served = where === 'here' ? here : there;
    const begun = await sendLong();
    const cancelled = taskOf(await rpc(served.a2aUrl, 'CancelTask', { id: begun.id }));
    expect(cancelled.status.state).toBe('TASK_STATE_CANCELED');
    await until(() => here.app.services.runs.activeCount === 0);
    const again = await rpc(served.a2aUrl, 'CancelTask', { id: begun.id });
    expect(taskOf(again).status.state).toBe('TASK_STATE_CANCELED');
    // The context accepts the next message.
    expect((await send('hello', { contextId: begun.contextId })).status.state).toBe('TASK_STATE_COMPLETED');
  });

  test('that has ended cannot be cancelled', async () => {
    const { id } = await send('hello');
    const { error } = await rpc(here.a2aUrl, 'CancelTask', { id });
    expect(error).toMatchObject({ code: -32002, data: [{ reason: 'TASK_NOT_CANCELABLE' }] });
  });

  test.each(['here', 'there'] as const)(
    'can be subscribed to from %s: first the task, then the rest of it',
    async (where) => {
      const served = where === 'here' ? here : there;
      const message = { message: textMessage('tell me a story in 30 chunks every 20 ms') };
      const begun = taskOf(
        await rpc(here.a2aUrl, 'SendMessage', { ...message, configuration: { returnImmediately: true } }),
      );
      let shown = '';
      let state = '';
      const kinds: string[] = [];
      for await (const result of rpcStream(served.a2aUrl, 'SubscribeToTask', { id: begun.id })) {
        const [kind = ''] = Object.keys(result);
        kinds.push(kind);
        if (kind === 'task') shown = answerOf(result['task'] as WireTask);
        if (kind === 'artifactUpdate') {
          const { artifact, append = false } = result['artifactUpdate'] as {
            artifact: { parts: { text: string }[] };
            append?: boolean;
          };
          const text = artifact.parts.map((part) => part.text).join('');
          shown = append ? shown + text : text;
        }
        if (kind === 'statusUpdate') state = (result['statusUpdate'] as WireTask).status.state;
      }
      expect(kinds[0]).toBe('task');
      expect(kinds.filter((kind) => kind === 'artifactUpdate').length).toBeGreaterThan(3);
      expect(state).toBe('TASK_STATE_COMPLETED');
      expect(shown).toBe(answerOf(await get(begun.id)));
    },
  );

  test('that has ended cannot be subscribed to', async () => {
    const { id } = await send('hello');
    const { error } = await rpc(there.a2aUrl, 'SubscribeToTask', { id });
    expect(error?.code).toBe(-32004);
  });

  test('accepts one message at a time, and so does a context', async () => {
    const { id, contextId } = await sendLong();
    const second = await rpc(here.a2aUrl, 'SendMessage', { message: textMessage('and?', { contextId }) });
    expect(second.error).toMatchObject({
      code: -32000,
      data: [{ reason: 'SESSION_BUSY' }, { retryDelay: '5s' }],
    });
    const more = await rpc(there.a2aUrl, 'SendMessage', {
      message: textMessage('and?', { taskId: id, contextId }),
    });
    expect(more.error).toMatchObject({
      code: -32000,
      data: [{ reason: 'SESSION_BUSY' }, { retryDelay: '5s' }],
    });
    await rpc(here.a2aUrl, 'CancelTask', { id });
  });

  test('whose model fails says so in a sentence for callers', async () => {
    const task = await send('simulate 400');
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    const [part] = task.status.message?.parts ?? [];
    expect(String(part?.['text'])).not.toContain('at ');
    expect(String(part?.['text']).length).toBeGreaterThan(10);
  });

  test('shows no thoughts and no tool calls', async () => {
    const thinking = await send('simulate thinking');
    expect(answerOf(thinking)).not.toContain('thought. I think');
    const noted = await send('call save_note with {"text":"milk"}');
    expect(noted.status.state).toBe('TASK_STATE_COMPLETED');
    expect(JSON.stringify(noted)).not.toContain('functionCall');
    expect(noted.artifacts).toHaveLength(1);
  });

  test('keeps its context: the next message continues the conversation', async () => {
    const first = await send('call save_note with {"text":"milk"}');
    const second = await send('hello', { contextId: first.contextId });
    expect(second.contextId).toBe(first.contextId);
    expect(second.id).not.toBe(first.id);
    const session = { appName: 'lornu', userId: 'local', sessionId: first.contextId };
    const { events = [] } = (await here.app.services.sessions.getSession(session)) ?? {};
    expect(events.filter(({ author }) => author === 'user')).toHaveLength(2);
  });

  test.each([
    ['COMPLETED', 3, 'TASK_STATE_COMPLETED'],
    ['WORKING', 2, 'TASK_STATE_FAILED'],
  ])('that is damaged while %s hides no other task from a list', async (_state, state, listed) => {
    const good = await send('hello');
    const { tasks } = here.app.services;
    const stored = await tasks.get({ appName: 'lornu', userId: 'local' }, good.id);
    if (!stored) throw new Error('not stored');
    const id = crypto.randomUUID();
    await tasks.put({ ...stored, id, updatedMs: stored.updatedMs + 1, state, json: '{"id":' });
    const { result } = await rpc(here.a2aUrl, 'ListTasks', {});
    const { tasks: all } = result as unknown as { tasks: WireTask[] };
    const found = all.filter((one) => one.id === good.id || one.id === id);
    expect(found.map((one) => [one.id, one.status.state])).toEqual([
      [id, listed],
      [good.id, 'TASK_STATE_COMPLETED'],
    ]);
    const { status } = await get(id);
    expect([status.state, JSON.stringify(status.message)]).toEqual([
      listed,
      expect.stringContaining('its conversation may hold the answer'),
    ]);
  });

  test('that its process abandoned is finished when a caller reads it', async () => {
    const task = await send('hello');
    // As left by a process that is killed after its run has ended.
    const record = { appName: 'lornu', userId: 'local' };
    const { tasks } = here.app.services;
    const stored = await tasks.get(record, task.id);
    if (!stored) throw new Error('not stored');
    const json = JSON.parse(stored.json) as WireTask;
    json.id = crypto.randomUUID();
    json.status.state = 'TASK_STATE_WORKING';
    delete json.artifacts;
    await tasks.put({ ...stored, id: json.id, state: 2, json: JSON.stringify(json) });
    const found = await get(json.id, there);
    expect([found.status.state, answerOf(found)]).toEqual(['TASK_STATE_COMPLETED', answerOf(task)]);
  });
});

describe('a list of tasks', () => {
  test('is newest first, in pages, and without artifacts by default', async () => {
    const contextId = crypto.randomUUID();
    const sent: WireTask[] = [];
    for (const text of ['one', 'two', 'three']) sent.push(await send(text, { contextId }));
    const list = async (params: object) =>
      (await rpc(there.a2aUrl, 'ListTasks', { contextId, ...params })).result as unknown as {
        tasks: WireTask[];
        nextPageToken: string;
        totalSize: number;
        pageSize: number;
      };
    const first = await list({ pageSize: 2 });
    expect(first.tasks.map(({ id }) => id)).toEqual([sent[2]?.id ?? '', sent[1]?.id ?? '']);
    expect([first.totalSize, first.pageSize, first.tasks[0]?.artifacts]).toEqual([3, 2, undefined]);
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken, includeArtifacts: true });
    expect(second.tasks.map(({ id }) => id)).toEqual([sent[0]?.id ?? '']);
    expect(second.nextPageToken).toBe('');
    expect(answerOf(second.tasks[0] as WireTask)).toContain('one');
    expect((await list({ status: 'TASK_STATE_FAILED' })).tasks).toEqual([]);
    expect((await list({ statusTimestampAfter: sent[1]?.status.timestamp })).tasks).toHaveLength(2);
  });

  test.each([
    [{ pageSize: 0 }],
    [{ pageSize: 101 }],
    [{ pageToken: 'x' }],
    [{ status: 'TASK_STATE_BUSY' }],
    [{ statusTimestampAfter: 'yesterday' }],
    [{ historyLength: -1 }],
  ])('refuses %j', async (params) => {
    expect((await rpc(here.a2aUrl, 'ListTasks', params)).error?.code).toBe(-32602);
  });
});

describe('files', () => {
  const DOT = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );

  test('that a peer sends reach the model, and are not stored with the task', async () => {
    const part = { raw: DOT.toString('base64'), mediaType: 'image/png', filename: 'dot.png' };
    const message = { ...textMessage(''), parts: [{ text: 'What is this?' }, part] };
    const task = taskOf(await rpc(here.a2aUrl, 'SendMessage', { message }));
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(JSON.stringify(task.history)).toContain('[dot.png, image/png, 70 bytes: not kept with the task]');
    const session = { appName: 'lornu', userId: 'local', sessionId: task.contextId };
    const { events = [] } = (await here.app.services.sessions.getSession(session)) ?? {};
    expect(events[0]?.content?.parts?.[1]?.inlineData).toEqual({
      data: DOT.toString('base64'),
      mimeType: 'image/png',
      displayName: 'dot.png',
    });
  });

  test('that the agent makes are separate artifacts', async () => {
    const task = await send('call draw_status_chart');
    const file = task.artifacts?.find(({ name }) => name === 'environment-status.svg');
    const [part] = file?.parts ?? [];
    expect([part?.mediaType, part?.filename]).toEqual(['image/svg+xml', 'environment-status.svg']);
    expect(Buffer.from(part?.raw ?? '', 'base64').toString()).toStartWith('<svg');
    expect((await get(task.id, there)).artifacts).toEqual(task.artifacts);
  });

  test.each(['here', 'there'] as const)('that the agent makes reach a subscriber of %s', async (where) => {
    const message = textMessage(`say "${'word '.repeat(30)}" and call draw_status_chart every 30 ms`);
    const { id } = taskOf(
      await rpc(here.a2aUrl, 'SendMessage', { message, configuration: { returnImmediately: true } }),
    );
    const served = where === 'here' ? here : there;
    const names = new Set<string>();
    for await (const { artifactUpdate } of rpcStream(served.a2aUrl, 'SubscribeToTask', { id }))
      if (artifactUpdate) names.add((artifactUpdate as { artifact: { name: string } }).artifact.name);
    expect([...names].toSorted()).toEqual(['answer', 'environment-status.svg']);
  });

  test.each(['file:///etc/passwd', 'http://169.254.169.254/latest/meta-data', 'data:text/plain,x'])(
    'are not fetched for a peer from %s',
    async (url) => {
      const message = { ...textMessage(''), parts: [{ text: 'Read it.' }, { url, mediaType: 'text/plain' }] };
      expect((await rpc(here.a2aUrl, 'SendMessage', { message })).error?.code).toBe(-32602);
    },
  );
});

describe('a message that has passed through agents', () => {
  const KEY = 'https://lornu.ai/a2a/hops';

  test.each([2, -1, '1', null])('is refused with %p hops, before anything runs', async (hops) => {
    const contextId = crypto.randomUUID();
    const message = textMessage('hello', { contextId, metadata: { [KEY]: hops } });
    expect((await rpc(here.a2aUrl, 'SendMessage', { message })).error?.code).toBe(-32004);
    const session = { appName: 'lornu', userId: 'local', sessionId: contextId };
    expect(await here.app.services.sessions.getSession(session)).toBeUndefined();
  });

  test('is answered after one, and the turn has its hops, but no other metadata', async () => {
    const metadata = { [KEY]: 1, adk_user_id: 'ada', adk_session_id: 'x', steer: true };
    const task = await send('hello', { metadata });
    const session = { appName: 'lornu', userId: 'local', sessionId: task.contextId };
    const { events = [] } = (await here.app.services.sessions.getSession(session)) ?? {};
    expect(events[0]?.customMetadata).toEqual({ [KEY]: 1 });
  });
});
