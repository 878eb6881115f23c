import { expect, test } from 'bun:test';
import { TaskState } from '@a2a-js/sdk';
import { openDatabase } from '../../sessions/sqlite/database.ts';
import { SqliteTaskRecords } from '../../tasks/sqlite/sqlite-task-records.ts';
import { silentLog } from '../../testing/run-bench.ts';
import { TaskKeeper } from './task-keeper.ts';

test('every unfinished task is looked at in turn, however many older ones stay unfinished', async () => {
  const records = new SqliteTaskRecords({ database: openDatabase(':memory:') });
  const now = Date.now();
  const ids = Array.from({ length: 120 }, (_, index) => `task-${index}`);
  for (const id of ids)
    await records.put({
      appName: 'lornu',
      userId: 'peer:a@x',
      id,
      contextId: id,
      state: TaskState.TASK_STATE_WORKING,
      updatedMs: now - 60_000,
      json: JSON.stringify({
        id,
        contextId: id,
        status: { state: 'TASK_STATE_WORKING' },
        metadata: { lornuRunId: id },
      }),
    });
  const seen: string[] = [];
  const look = async (session: { sessionId: string }): Promise<never> => {
    seen.push(session.sessionId);
    throw new Error('stays as it is');
  };
  const keeper = new TaskKeeper({
    records,
    runs: {
      attach: async ({ session }) => look(session),
      list: look,
      cancel: async () => undefined as never,
    },
    loadFile: async () => undefined,
    notifier: undefined,
    log: silentLog,
    now: () => now,
  });
  for (let pass = 0; pass < 3; pass++) await keeper.look();
  expect(new Set(seen)).toEqual(new Set(ids));
  seen.length = 0;
  await keeper.look();
  expect(seen.length).toBeGreaterThanOrEqual(50);
});
