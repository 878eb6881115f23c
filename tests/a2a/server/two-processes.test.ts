import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TaskState } from '@a2a-js/sdk';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { createFirestore } from '../../../backend/firestore/create-firestore.ts';
import { openDatabase } from '../../../backend/sessions/sqlite/database.ts';
import { FirestoreTaskRecords } from '../../../backend/tasks/firestore/firestore-task-records.ts';
import { SqliteTaskRecords } from '../../../backend/tasks/sqlite/sqlite-task-records.ts';
import type { TaskRecord, TaskRecords } from '../../../backend/tasks/task-records.ts';
import { openFixture, type ServedAgent } from './fixture.ts';
import { rpc, rpcStream, sendText, taskOf, textMessage, type WireTask } from './rpc.ts';

setDefaultTimeout(30_000);

const ASK = 'call delete_notes';

const fixture = await openFixture();
const firestore = await startFirestoreStandin({ databases: ['staging'] });
afterAll(async () => {
  await fixture.close();
  firestore.stop();
});

/** Tasks of a process that stops just before it stores one in `state` (a TaskState), until it is released. */
function holding(records: TaskRecords, state: number) {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const put = records.put.bind(records);
  records.put = async (record: TaskRecord) => {
    if (record.state === state) {
      reached.resolve();
      await released.promise;
    }
    return put(record);
  };
  return { tasks: records, reached: reached.promise, release: released.resolve };
}

interface Question {
  id: string;
  name: string;
}

/** The last state that a streaming client is told. */
async function lastState(stream: AsyncIterable<Record<string, unknown>>): Promise<string | undefined> {
  let state: string | undefined;
  for await (const { task, statusUpdate } of stream)
    state = ((task ?? statusUpdate) as WireTask | undefined)?.status.state ?? state;
  return state;
}

const stateAt = async (served: ServedAgent, id: string) =>
  taskOf(await rpc(served.a2aUrl, 'GetTask', { id })).status.state;
const cancelAt = async (served: ServedAgent, id: string) =>
  taskOf(await rpc(served.a2aUrl, 'CancelTask', { id })).status.state;

describe.each([
  ['SQLite', () => new SqliteTaskRecords({ database: openDatabase(fixture.bench.file) })],
  [
    'Firestore',
    () =>
      new FirestoreTaskRecords({
        db: createFirestore({ project: 'p', database: 'staging', emulatorHost: firestore.host }),
      }),
  ],
] as const)('a cancelled task stays cancelled, in %s', (_kind, open) => {
  test('although the process that had paused before it stored its question does so now', async () => {
    const held = holding(open(), TaskState.TASK_STATE_INPUT_REQUIRED);
    const paused = fixture.serve({ services: { tasks: held.tasks } });
    const other = fixture.serve({ services: { tasks: open() } });
    const message = textMessage(ASK);
    const stream = rpcStream(paused.a2aUrl, 'SendStreamingMessage', { message });
    const { task } = (await stream.next()).value as { task: WireTask };
    const told = lastState(stream);
    await held.reached;
    expect(await cancelAt(other, task.id)).toBe('TASK_STATE_CANCELED');
    held.release();
    expect(await told).toBe('TASK_STATE_CANCELED');
    expect([await stateAt(paused, task.id), await stateAt(other, task.id)]).toEqual([
      'TASK_STATE_CANCELED',
      'TASK_STATE_CANCELED',
    ]);
  });

  test('although a message that was accepted at the same time would continue it: its run stops', async () => {
    const held = holding(open(), TaskState.TASK_STATE_WORKING);
    const paused = fixture.serve({ services: { tasks: held.tasks } });
    const other = fixture.serve({ services: { tasks: open() } });
    const { id, contextId } = await sendText(other.a2aUrl, ASK);
    const message = textMessage('count to 2000 every 50 ms', { taskId: id, contextId });
    const told = lastState(rpcStream(paused.a2aUrl, 'SendStreamingMessage', { message }));
    await held.reached;
    expect(await cancelAt(other, id)).toBe('TASK_STATE_CANCELED');
    held.release();
    expect(await told).toBe('TASK_STATE_CANCELED');
    expect([await stateAt(paused, id), await stateAt(other, id)]).toEqual([
      'TASK_STATE_CANCELED',
      'TASK_STATE_CANCELED',
    ]);
    const session = { appName: 'lornu', userId: 'local', sessionId: contextId };
    const states = (await other.app.services.runs.list(session)).map(({ state }) => state);
    expect(states).toEqual(['cancelled', 'completed']);
  });

  test('although a message that would continue it waits for its turn: it is refused, and not in the session', async () => {
    const held = holding(open(), TaskState.TASK_STATE_SUBMITTED);
    const paused = fixture.serve({ services: { tasks: held.tasks } });
    const other = fixture.serve({ services: { tasks: open() } });
    const { id, contextId } = await sendText(other.a2aUrl, ASK);
    const begun = await rpc(other.a2aUrl, 'SendMessage', {
      message: textMessage('count to 2000 every 50 ms', { contextId }),
      configuration: { returnImmediately: true },
    });
    const metadata = { 'https://lornu.ai/a2a/when-busy': 'queue' };
    const message = textMessage('and now?', { taskId: id, contextId, metadata });
    const sent = rpc(paused.a2aUrl, 'SendMessage', { message });
    await held.reached;
    expect(await cancelAt(other, id)).toBe('TASK_STATE_CANCELED');
    held.release();
    expect((await sent).error?.code).toBe(-32_004);
    expect(await cancelAt(other, taskOf(begun).id)).toBe('TASK_STATE_CANCELED');
    expect(await stateAt(paused, id)).toBe('TASK_STATE_CANCELED');
    const { sessions } = other.app.services;
    const session = await sessions.getSession({ appName: 'lornu', userId: 'local', sessionId: contextId });
    expect(JSON.stringify(session?.events)).not.toContain('and now?');
  });

  test('also for its subscriber, if its question is answered afterwards in a task of its own', async () => {
    const [here, there] = [open(), open()].map((tasks) => fixture.serve({ services: { tasks } })) as [
      ServedAgent,
      ServedAgent,
    ];
    const { id, contextId, status } = await sendText(there.a2aUrl, ASK);
    const stream = rpcStream(here.a2aUrl, 'SubscribeToTask', { id });
    await stream.next();
    const told = lastState(stream);
    expect(await cancelAt(there, id)).toBe('TASK_STATE_CANCELED');
    const asked = status.message?.parts.find((part) => 'data' in part)?.['data'] as Question | undefined;
    const part = {
      data: { id: asked?.id, name: asked?.name, response: { confirmed: true } },
      metadata: { adk_type: 'function_response' },
    };
    const answered = await rpc(there.a2aUrl, 'SendMessage', {
      message: { ...textMessage(''), parts: [part], contextId },
    });
    expect(taskOf(answered).status.state).toBe('TASK_STATE_COMPLETED');
    expect(await told).toBe('TASK_STATE_CANCELED');
    expect(await stateAt(here, id)).toBe('TASK_STATE_CANCELED');
  });
});

test('a message that names a running task is refused by each process, even if it would wait', async () => {
  const [here, there] = [fixture.serve(), fixture.serve()];
  const begun = await rpc(here.a2aUrl, 'SendMessage', {
    message: textMessage('count to 2000 every 50 ms'),
    configuration: { returnImmediately: true },
  });
  const { id: taskId, contextId } = taskOf(begun);
  const metadata = { 'https://lornu.ai/a2a/when-busy': 'queue' };
  for (const { a2aUrl } of [here, there]) {
    const message = textMessage('and now?', { taskId, contextId, metadata });
    const { error } = await rpc(a2aUrl, 'SendMessage', { message });
    expect(error?.data?.[0]?.['reason']).toBe('SESSION_BUSY');
  }
  expect(await cancelAt(there, taskId)).toBe('TASK_STATE_CANCELED');
});
