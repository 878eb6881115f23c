import { expect, test } from 'bun:test';
import type { SessionSummary } from '../session-store.ts';
import { openDatabase } from './database.ts';
import { SqliteSessionStore } from './sqlite-session-store.ts';

test('sessions of all users are sorted by user and id, in pages of limited size', async () => {
  const store = new SqliteSessionStore({ database: openDatabase(':memory:') });
  for (const userId of ['eve', 'ann', 'ben'])
    for (const sessionId of ['2', '1'])
      await store.createSession({
        appName: 'a',
        userId,
        sessionId,
        state: { text: 'x'.repeat(700_000), 'user:name': userId },
      });
  await store.createSession({ appName: 'other', userId: 'ann', sessionId: '1' });
  const pages: SessionSummary[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listSummaries({ appName: 'a' }, cursor === undefined ? {} : { cursor });
    pages.push(page.sessions);
    cursor = page.nextCursor;
  } while (cursor);
  const names = pages.map((page) => page.map(({ userId, id }) => `${userId}/${id}`));
  expect(names).toEqual([
    ['ann/1', 'ann/2'],
    ['ben/1', 'ben/2'],
    ['eve/1', 'eve/2'],
  ]);
  expect(pages.flat().every(({ userId, state }) => state['user:name'] === userId)).toBe(true);
  const refused = store.listSummaries({ appName: 'a' }, { cursor: 'x' });
  expect(await refused.catch((error: { code: string }) => error.code)).toBe('BAD_CURSOR');
});

test("ADK's own list is limited to a page of a hundred, and its offset works beyond that", async () => {
  const store = new SqliteSessionStore({ database: openDatabase(':memory:') });
  for (let n = 0; n < 120; n++)
    await store.createSession({ appName: 'a', userId: 'ann', sessionId: `s${n}` });
  const idsOf = async (request: object) =>
    (await store.listSessions({ appName: 'a', userId: 'ann', ...request })).sessions.map(({ id }) => id);
  expect(await idsOf({})).toHaveLength(100);
  expect(await idsOf({ limit: 10, offset: 110 })).toHaveLength(10);
  expect(await idsOf({ limit: 10, page: 12 })).toHaveLength(10);
});
