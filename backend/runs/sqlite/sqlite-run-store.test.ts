import type { Database } from 'bun:sqlite';
import { createEvent } from '@google/adk';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { openDatabase } from '../../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../../sessions/sqlite/sqlite-session-store.ts';
import { SqliteRunStore } from './sqlite-run-store.ts';

const session = { appName: 'a', userId: 'u', sessionId: 's' };
const request = { ...session, streaming: true, newMessage: { parts: [{ text: 'hello' }] } };
const LEASE_MS = 15_000;

let database: Database;
beforeEach(() => (database = openDatabase(':memory:')));
afterEach(() => database.close());

test('only a takeover reads the request of a running run, which may have 20 MB', async () => {
  await new SqliteSessionStore({ database }).createSession(session);
  let uptimeMs = 1_000_000;
  const store = new SqliteRunStore({ database, uptimeMs: () => uptimeMs });
  const run = (id: string) => ({ id, session, invocationId: 'e', owner: 'one', startedMs: 1, request });
  const { lease } = await store.begin(run('first'), { leaseMs: LEASE_MS });
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

test('a run that begins with its message is refused if the session has changed since it was read', async () => {
  const sessions = new SqliteSessionStore({ database });
  const read = await sessions.createSession(session);
  const store = new SqliteRunStore({ database });
  const run = (id: string) => ({ id, session, invocationId: 'e', owner: 'one', startedMs: 1, request });
  // Committed before the run, which has read the session before that.
  const writing = sessions.appendEvent({ session: read, event: createEvent({ author: 'lornu' }) });
  const late = await store.begin(run('late'), { leaseMs: LEASE_MS, isFollowed: true });
  await writing;
  expect(late.stored!()).rejects.toMatchObject({ code: 'SESSION_CHANGED' });
  const [first, second] = [
    await store.begin(run('first'), { leaseMs: LEASE_MS, isFollowed: true }),
    await store.begin(run('second'), { leaseMs: LEASE_MS, isFollowed: true }),
  ];
  await first.stored!();
  expect(second.stored!()).rejects.toMatchObject({ code: 'SESSION_BUSY' });
  expect((await store.list(session, 10)).map(({ id }) => id)).toEqual(['first']);
});

test('a message is committed with the run that it begins, or not at all', async () => {
  const sessions = new SqliteSessionStore({ database });
  await sessions.createSession(session);
  const store = new SqliteRunStore({ database });
  const say = async (id: string) => {
    const run = { id, session, invocationId: id, owner: 'one', startedMs: 1, request };
    const { lease, stored } = await store.begin(run, { leaseMs: LEASE_MS, isFollowed: true });
    const begun = (await sessions.getBegunSession(session))!;
    sessions.bindLease(begun, lease.token);
    const event = createEvent({ author: 'user', invocationId: id });
    return Promise.allSettled([stored!(), sessions.appendEvent({ session: begun, event })]);
  };
  const results = await Promise.all([say('first'), say('second')]);
  expect(results[0].map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(results[1]).toMatchObject([
    { reason: { code: 'SESSION_BUSY' } },
    { reason: { code: 'LEASE_LOST' } },
  ]);
  const { events } = (await sessions.getSession(session))!;
  expect(events.map(({ invocationId }) => invocationId)).toEqual(['first']);
});

/** The file as the service before or after this version left it, in the middle of a turn. */
async function writtenBy(change: number): Promise<void> {
  await new SqliteSessionStore({ database }).createSession(session);
  const run = { id: 'r', session, invocationId: 'e', owner: 'one', startedMs: 1, request };
  await new SqliteRunStore({ database }).begin(run, { leaseMs: LEASE_MS });
  const { user_version: version } = database
    .query<{ user_version: number }, []>('PRAGMA user_version')
    .get()!;
  database.run(`PRAGMA user_version = ${version + change}`);
}

test('a session whose turn was under way in an earlier version is free in this one', async () => {
  await writtenBy(-1);
  const store = new SqliteRunStore({ database });
  expect(await store.list(session, 10)).toEqual([]);
  const run = { id: 'next', session, invocationId: 'f', owner: 'two', startedMs: 2, request };
  expect((await store.begin(run, { leaseMs: LEASE_MS })).run.id).toBe('next');
});

test('a file of a newer version is refused in a sentence, and stays as it is', async () => {
  await writtenBy(1);
  expect(() => new SqliteRunStore({ database })).toThrow(
    /a newer version of the service has written it: .+\. Start that version, or name another folder in LORNU_DATA_DIR\.$/,
  );
  expect(database.query('SELECT id FROM runs').all()).toEqual([{ id: 'r' }]);
});
