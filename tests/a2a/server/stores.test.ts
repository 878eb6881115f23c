import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { TaskState } from '@a2a-js/sdk';
import { createFirestore } from '../../../backend/firestore/create-firestore.ts';
import { callContextOf } from '../../../backend/a2a/caller.ts';
import { StoredTasks } from '../../../backend/a2a/tasks/stored-tasks.ts';
import { openDatabase } from '../../../backend/sessions/sqlite/database.ts';
import { FirestoreTaskRecords } from '../../../backend/tasks/firestore/firestore-task-records.ts';
import { SqliteTaskRecords } from '../../../backend/tasks/sqlite/sqlite-task-records.ts';
import { TASK_KEEP_MS, type TaskRecord, type TaskRecords } from '../../../backend/tasks/task-records.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';

const DATABASE = 'staging';
const OWNER = { appName: 'lornu', userId: 'peer:a@x' };

const standin = await startFirestoreStandin({ databases: [DATABASE] });
afterAll(() => standin.stop());

const record = (id: string, updatedMs: number, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...OWNER,
  id,
  contextId: 'c',
  state: TaskState.TASK_STATE_COMPLETED,
  updatedMs,
  json: `{"id":"${id}"}`,
  ...more,
});

describe.each([
  ['SQLite', (): TaskRecords => new SqliteTaskRecords({ database: openDatabase(':memory:') })],
  [
    'Firestore',
    (): TaskRecords =>
      new FirestoreTaskRecords({
        db: createFirestore({
          project: `p${crypto.randomUUID().slice(0, 8)}`,
          database: DATABASE,
          emulatorHost: standin.host,
        }),
      }),
  ],
])('tasks in %s', (kind, open) => {
  let records: TaskRecords;
  beforeEach(() => {
    records = open();
  });

  test('are found by their owner, and by nobody else', async () => {
    await records.put(record('one', 1));
    expect(await records.get(OWNER, 'one')).toEqual(record('one', 1));
    expect(await records.get({ ...OWNER, userId: 'peer:b@x' }, 'one')).toBeUndefined();
    expect(await records.get({ ...OWNER, appName: 'other' }, 'one')).toBeUndefined();
    for (const odd of ['', 'two', '../x', 'a/b', '.', '__x__'])
      expect([odd, await records.get(OWNER, odd || 'none')]).toEqual([odd, undefined]);
  });

  test('are replaced by a later state of the same task, and never by that of another owner', async () => {
    await records.put(record('one', 1, { state: TaskState.TASK_STATE_WORKING }));
    await records.put(record('one', 2));
    await records.put(record('one', 3, { userId: 'peer:b@x', json: '{}' }));
    expect(await records.get(OWNER, 'one')).toEqual(record('one', 2));
  });

  test('never change once they have ended', async () => {
    const canceled = record('one', 1, { state: TaskState.TASK_STATE_CANCELED });
    expect(await records.put(canceled)).toBe(true);
    expect(await records.put(record('one', 2, { state: TaskState.TASK_STATE_INPUT_REQUIRED }))).toBe(false);
    expect(await records.put(record('one', 3))).toBe(false);
    expect(await records.get(OWNER, 'one')).toEqual(canceled);
  });

  test('are listed newest first, by context, state and time, page by page', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
      await records.put(record(id, 10 + Math.floor(index / 2), { contextId: index < 3 ? 'c' : 'other' }));
    await records.put(record('x', 99, { userId: 'peer:b@x' }));
    const ids = async (query: object) => {
      const { records: found, total } = await records.list({ ...OWNER, limit: 10, ...query });
      return [found.map(({ id }) => id).join(''), total];
    };
    expect(await ids({})).toEqual(['dcba', 4]);
    expect(await ids({ limit: 2 })).toEqual(['dc', 4]);
    expect(await ids({ limit: 2, after: { updatedMs: 11, id: 'c' } })).toEqual(['ba', 4]);
    expect(await ids({ after: { updatedMs: 11, id: 'd' } })).toEqual(['cba', 4]);
    expect(await ids({ contextId: 'c' })).toEqual(['cba', 3]);
    expect(await ids({ sinceMs: 11 })).toEqual(['dc', 2]);
    expect(await ids({ state: TaskState.TASK_STATE_FAILED })).toEqual(['', 0]);
  });

  test('are listed in pages of limited size, however large they are', async () => {
    const json = JSON.stringify('x'.repeat(890_000));
    for (let n = 0; n < 12; n++) await records.put(record(`large-${n}`, 100 + n, { json }));
    const pages: string[][] = [];
    let after: { updatedMs: number; id: string } | undefined;
    for (let hasMore = true; hasMore;) {
      const page = await records.list({ ...OWNER, limit: 10, ...(after ? { after } : {}) });
      pages.push(page.records.map(({ id }) => id.replace('large-', '')));
      after = page.records.at(-1);
      hasMore = page.hasMore;
    }
    expect(pages).toEqual([
      ['11', '10', '9', '8'],
      ['7', '6', '5', '4'],
      ['3', '2', '1', '0'],
    ]);
  });

  test('have webhooks, each replaced by one of the same id', async () => {
    const { webhooks } = records;
    await webhooks.put('one', { id: 'h', json: '1' });
    await webhooks.put('one', { id: 'i', json: '2' });
    await webhooks.put('one', { id: 'h', json: '3' });
    await webhooks.put('two', { id: 'h', json: '4' });
    const found = await webhooks.list('one');
    expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: 'h', json: '3' },
      { id: 'i', json: '2' },
    ]);
    await webhooks.remove('one', 'h');
    await webhooks.remove('one', 'none');
    expect(await webhooks.list('one')).toEqual([{ id: 'i', json: '2' }]);
  });

  if (kind === 'SQLite')
    test('are deleted when they are old, and found when they were abandoned', async () => {
      const now = Date.now();
      await records.put(record('old', now - TASK_KEEP_MS - 1));
      await records.put(record('left', now - 60_000, { state: TaskState.TASK_STATE_WORKING }));
      await records.put(record('fresh', now, { state: TaskState.TASK_STATE_WORKING }));
      const stale = await records.stale([TaskState.TASK_STATE_WORKING], now - 30_000, 10);
      expect(stale.map(({ id }) => id)).toEqual(['left']);
      await records.prune(now - TASK_KEEP_MS);
      expect((await records.list({ ...OWNER, limit: 10 })).total).toBe(2);
    });

  test('are shortened to fit: without files, then without history', async () => {
    const small: TaskRecords = Object.create(records, { largestBytes: { value: 4_000 } }) as TaskRecords;
    const put: TaskRecord[] = [];
    small.put = async (one) => put.push(one) > 0;
    const tasks = new StoredTasks('lornu', small);
    const context = callContextOf(
      { role: 'peer', via: 'jwt', id: OWNER.userId, userId: OWNER.userId },
      '1.0',
    );
    const text = (value: string) => ({
      content: { $case: 'text' as const, value },
      metadata: undefined,
      filename: '',
      mediaType: '',
    });
    const file = {
      content: { $case: 'raw' as const, value: Buffer.alloc(5_000) },
      metadata: undefined,
      filename: 'big.bin',
      mediaType: 'x/y',
    };
    const task = (artifact: object[], history: string) => ({
      id: 't',
      contextId: 'c',
      status: {
        state: TaskState.TASK_STATE_COMPLETED,
        message: undefined,
        timestamp: '2026-01-01T00:00:00Z',
      },
      artifacts: [
        {
          artifactId: 'a',
          name: '',
          description: '',
          parts: artifact as never[],
          extensions: [],
          metadata: undefined,
        },
      ],
      history: [
        {
          messageId: 'm',
          role: 1,
          parts: [text(history)],
          contextId: 'c',
          taskId: 't',
          extensions: [],
          referenceTaskIds: [],
          metadata: undefined,
        },
      ],
      metadata: undefined,
    });
    await tasks.save(task([text('short'), file], 'hi'), context);
    await tasks.save(task([text('short')], 'x'.repeat(5_000)), context);
    await tasks.save(task([text('x'.repeat(5_000))], 'hi'), context);
    const [withoutFile, withoutHistory, bare] = put.map(({ json }) => JSON.parse(json));
    expect(withoutFile.artifacts[0].parts[1].text).toContain('[big.bin, x/y, 5000 bytes: not kept');
    expect([withoutHistory.artifacts[0].parts[0].text, withoutHistory.history]).toEqual(['short', undefined]);
    expect([bare.artifacts, bare.metadata]).toEqual([undefined, { lornuAnswerNotKept: true }]);
  });
});

test('an end that Firestore stored before the connection was cut is no end of another process', async () => {
  const own = await startFirestoreStandin({ databases: [DATABASE] });
  const db = createFirestore({ project: 'p', database: DATABASE, emulatorHost: own.host });
  const records = new FirestoreTaskRecords({ db });
  own.loseAnswersTo = 'Commit';
  const storing = records.put(record('one', 1));
  while (!(await records.get(OWNER, 'one'))) await Bun.sleep(10);
  own.pause();
  own.loseAnswersTo = undefined;
  await own.resume();
  expect(await storing).toBe(true);
  expect(await records.put(record('one', 2, { json: '{}' }))).toBe(false);
  await db.terminate();
  own.stop();
});
