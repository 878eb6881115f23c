import { afterEach, expect, test } from 'bun:test';
import { openDatabase } from '../../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../../sessions/sqlite/sqlite-session-store.ts';
import { SqliteRunStore } from './sqlite-run-store.ts';

const session = { appName: 'a', userId: 'u', sessionId: 's' };
const request = { ...session, streaming: true, newMessage: { parts: [{ text: 'hello' }] } };
const LEASE_MS = 15_000;

const database = openDatabase(':memory:');
afterEach(() => database.close());

test('only a takeover reads the request of a running run, which may have 20 MB', async () => {
  await new SqliteSessionStore({ database }).createSession(session);
  let uptimeMs = 1_000_000;
  const store = new SqliteRunStore({ database, uptimeMs: () => uptimeMs });
  const run = (id: string) => ({ id, session, invocationId: 'e', owner: 'one', startedMs: 1, request });
  const { lease } = await store.begin(run('first'), LEASE_MS);
  await store.enqueue(run('second'), false);
  const requestOf = async (id: string) => (await store.get(id))?.request;
  expect(await requestOf('first')).toBeUndefined();
  expect(await requestOf('second')).toEqual(request);
  expect((await store.running(session))?.request).toBeUndefined();
  const listed = (await store.list(session, 10)).map((one) => [one.id, one.request?.newMessage]);
  expect(Object.fromEntries(listed)).toEqual({ first: undefined, second: request.newMessage });
  uptimeMs += LEASE_MS + 1;
  expect((await store.take(lease, 'two', LEASE_MS))?.run.request).toEqual(request);
});
