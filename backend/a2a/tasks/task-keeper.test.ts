import { expect, test } from 'bun:test';
import { TaskState, taskStateToJSON } from '@a2a-js/sdk';
import type { LiveRun } from '../../runs/live-run.ts';
import { openDatabase } from '../../sessions/sqlite/database.ts';
import { SqliteTaskRecords } from '../../tasks/sqlite/sqlite-task-records.ts';
import { silentLog } from '../../testing/run-bench.ts';
import { TaskKeeper } from './task-keeper.ts';

const NOW = Date.now();

/** A keeper of 120 tasks in this state whose runs cannot be read, and the contexts that it has looked at. */
async function keep(state: TaskState, contextOf: (id: string) => string) {
  const records = new SqliteTaskRecords({ database: openDatabase(':memory:') });
  const ids = Array.from({ length: 120 }, (_, index) => `task-${index}`);
  for (const id of ids) {
    const status = { state: taskStateToJSON(state) };
    const json = JSON.stringify({ id, contextId: contextOf(id), status, metadata: { lornuRunId: id } });
    const owner = { appName: 'lornu', userId: 'peer:a@x' };
    await records.put({ ...owner, id, contextId: contextOf(id), state, updatedMs: NOW - 60_000, json });
  }
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
    now: () => NOW,
  });
  return { keeper, ids, seen };
}

test('every unfinished task is looked at in turn, however many older ones stay unfinished', async () => {
  const { keeper, ids, seen } = await keep(TaskState.TASK_STATE_WORKING, (id) => id);
  for (let pass = 0; pass < 3; pass++) await keeper.look();
  expect(new Set(seen)).toEqual(new Set(ids));
  seen.length = 0;
  await keeper.look();
  expect(seen.length).toBeGreaterThanOrEqual(50);
});

test('after an answer over the own API every waiting task of its conversation is looked at, however many there are', async () => {
  const { keeper, ids, seen } = await keep(TaskState.TASK_STATE_INPUT_REQUIRED, () => 'c');
  const session = { appName: 'lornu', userId: 'peer:a@x', sessionId: 'c' };
  const parts = [{ functionResponse: { id: 'q', name: 'adk_request_confirmation', response: {} } }];
  const request = { ...session, newMessage: { role: 'user', parts } };
  await keeper.runEnded({ record: { session }, request } as unknown as LiveRun);
  expect(seen).toHaveLength(ids.length);
});
