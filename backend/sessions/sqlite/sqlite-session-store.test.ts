import { createEvent, createEventActions, type Event } from '@google/adk';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventCacheLimits } from '../event-cache.ts';
import { openDatabase } from './database.ts';
import { SqliteSessionStore } from './sqlite-session-store.ts';

const owner = { appName: 'app', userId: 'u' };
const key = { ...owner, sessionId: 'a' };
let folder: string;
let store: SqliteSessionStore;
let nowMs: number;

const open = (cache?: EventCacheLimits) =>
  new SqliteSessionStore({ database: openDatabase(join(folder, 's.sqlite')), now: () => nowMs, cache });
const textEvent = (text: string, stateDelta: Record<string, unknown> = {}, timestamp = nowMs): Event =>
  createEvent({
    id: `id-${text}`,
    invocationId: 'e-1',
    author: 'agent',
    timestamp,
    content: { role: 'model', parts: [{ text }] },
    actions: createEventActions({ stateDelta }),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sessions-'));
  nowMs = 1_795_422_303_000;
  store = open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

test('state is split by prefix: app: for all users, user: for all sessions, temp: for this turn only', async () => {
  await store.createSession({ ...key, state: { k: 1, 'app:x': 2, 'user:y': 3, 'temp:t': 4 } });
  const session = (await store.getSession(key))!;
  expect(session.state).toEqual({ k: 1, 'app:x': 2, 'user:y': 3 });
  const event = textEvent('1', { k: null, 'app:x': 5, 'user:z': { a_b: 1 }, 'temp:now': 6 });
  await store.appendEvent({ session, event });
  expect(session.state).toEqual({ k: null, 'app:x': 5, 'user:y': 3, 'user:z': { a_b: 1 }, 'temp:now': 6 });
  expect(event.actions.stateDelta).toEqual({ k: null, 'app:x': 5, 'user:z': { a_b: 1 } });
  const other = await store.createSession({ appName: 'app', userId: 'v' });
  expect(other.state).toEqual({ 'app:x': 5 });
  const sameUser = await store.createSession(owner);
  expect(sameUser.state).toEqual({ 'app:x': 5, 'user:y': 3, 'user:z': { a_b: 1 } });
});

test('a thought signature is read back byte for byte', async () => {
  const session = await store.createSession(key);
  const parts = [
    { functionCall: { id: 'c1', name: 'f', args: {} }, thoughtSignature: '+/8+/w==' },
    { text: '', thoughtSignature: 'AAA=' },
  ];
  const event = createEvent({ ...textEvent('1'), content: { role: 'model', parts } });
  await store.appendEvent({ session, event });
  await store.close();
  store = open({ maxBytes: 0 });
  const read = await store.getSession(key);
  expect(read?.events[0]?.content?.parts).toEqual(parts);
});

test('a second session of the same id is refused and changes nothing', async () => {
  await store.createSession({ ...key, state: { k: 1 } });
  expect(store.createSession({ ...key, state: { 'app:x': 9 } })).rejects.toThrow('already exists: a');
  expect((await store.createSession(owner)).state).toEqual({});
});

test('events are ordered by append, each at least a microsecond after the previous one, even if the clock goes back', async () => {
  const session = await store.createSession(key);
  await store.appendEvent({ session, event: textEvent('1', {}, nowMs + 5) });
  await store.appendEvent({ session, event: textEvent('2', {}, nowMs + 5) });
  await store.appendEvent({ session, event: textEvent('3', {}, nowMs - 3_600_000) });
  const again = (await store.getSession(key))!;
  expect(again.events.map((event) => event.timestamp - nowMs)).toEqual(
    [5, 5.0009765625, 5.001953125].map((n) => expect.closeTo(n, 3)),
  );
  expect(again.events.map((event) => event.id)).toEqual(['id-1', 'id-2', 'id-3']);
  expect(again.lastUpdateTime).toBe(again.events[2]!.timestamp);
});

test('partial events are never stored', async () => {
  const session = await store.createSession(key);
  await store.appendEvent({ session, event: { ...textEvent('1'), partial: true } });
  expect((await store.getSession(key))!.events).toEqual([]);
});

test('a failed append changes neither events nor state nor time', async () => {
  const session = await store.createSession(key);
  await store.deleteSession(key);
  expect(store.appendEvent({ session, event: textEvent('1', { 'app:x': 1 }) })).rejects.toThrow(
    'Session not found: a',
  );
  expect(session.events).toEqual([]);
  expect((await store.createSession(key)).state).toEqual({});
});

test("two processes on one file see each other's events, whatever each has in memory", async () => {
  const other = open();
  await store.createSession(key);
  for (const [index, writer] of [store, other, store, other].entries()) {
    const text = `${index + 1}`;
    const session = (await writer.getSession(key))!;
    await writer.appendEvent({ session, event: textEvent(text) });
  }
  for (const reader of [store, other, open({ maxBytes: 0 })]) {
    const session = (await reader.getSession(key))!;
    expect(session.events.map((event) => event.id)).toEqual(['id-1', 'id-2', 'id-3', 'id-4']);
  }
  await other.close();
});

test('a reader gets the most recent events, or those after a time', async () => {
  const session = await store.createSession(key);
  for (const offset of [1, 2, 3])
    await store.appendEvent({ session, event: textEvent(`${offset}`, {}, nowMs + offset) });
  const read = async (config: { numRecentEvents?: number; afterTimestamp?: number }) =>
    (await store.getSession({ ...key, config }))!.events.map((event) => event.id);
  expect(await read({ numRecentEvents: 2 })).toEqual(['id-2', 'id-3']);
  expect(await read({ numRecentEvents: 0 })).toEqual([]);
  expect(await read({ afterTimestamp: nowMs + 2 })).toEqual(['id-2', 'id-3']);
});

test('sessions are listed newest first, page by page, without gaps or repetition', async () => {
  for (let n = 0; n < 7; n++) {
    nowMs += n % 2; // some share their time: the id breaks the tie
    await store.createSession({ ...owner, sessionId: `s${n}` });
  }
  const all = await store.listSummaries(owner);
  expect(all.sessions.map(({ id }) => id)).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0']);
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listSummaries(owner, { limit: 2, cursor });
    paged.push(...page.sessions.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(paged).toEqual(all.sessions.map(({ id }) => id));
  expect(store.listSummaries(owner, { cursor: 'nonsense' })).rejects.toThrow('not a cursor');
});

test('a key named __proto__ is a key, not a prototype', async () => {
  const session = await store.createSession(key);
  await store.appendEvent({ session, event: textEvent('1', JSON.parse('{"__proto__":{"polluted":1}}')) });
  const again = (await store.getSession(key))!;
  expect(JSON.stringify(again.state)).toBe('{"__proto__":{"polluted":1}}');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test("an older lease holder can't write, and nobody else can while a lease is valid", async () => {
  const session = await store.createSession(key);
  const database = openDatabase(join(folder, 's.sqlite'));
  database.run("INSERT INTO leases SELECT row_id, 'r', 'owner', 2, 0 FROM sessions");
  expect(store.appendEvent({ session, event: textEvent('1') })).rejects.toThrow('run under way');
  store.bindLease(session, 1);
  expect(store.appendEvent({ session, event: textEvent('1') })).rejects.toThrow('taken over');
  store.bindLease(session, 2);
  await store.appendEvent({ session, event: textEvent('1') });
  expect(session.events).toHaveLength(1);
  database.close();
});

test('a session whose shared state cannot be read is refused like any failure of the store, and not stored', async () => {
  const database = openDatabase(join(folder, 's.sqlite'));
  database.run('ALTER TABLE user_states RENAME TO elsewhere');
  const refused = await store.createSession(key).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  database.run('ALTER TABLE elsewhere RENAME TO user_states');
  expect(await store.getSession(key)).toBeUndefined();
  database.close();
});

test('a page of 20,000 sessions is read like one of 200, and there is a default page size', async () => {
  const add = (from: number, to: number): void => {
    const database = openDatabase(join(folder, 's.sqlite'));
    const insert = database.query(
      "INSERT INTO sessions (app_name, user_id, id, state, updated_us) VALUES ('app', 'u', ?, '{\"title\":\"t\"}', ?)",
    );
    database.transaction(() => {
      for (let n = from; n < to; n++) insert.run(`s${n}`, n);
    })();
    database.close();
  };
  /** CPU time in microseconds, the least of ten: on a busy machine the time that passes says nothing. */
  const readPage = async (): Promise<number> => {
    let least = Infinity;
    for (let n = 0; n < 10; n++) {
      const began = process.cpuUsage();
      expect((await store.listSummaries(owner)).sessions).toHaveLength(100);
      // Only the sum is exact: Linux divides it between the two by counting ticks.
      const { user, system } = process.cpuUsage(began);
      least = Math.min(least, user + system);
    }
    return least;
  };
  add(0, 200);
  const few = await readPage();
  add(200, 20_000);
  expect(await readPage()).toBeLessThan(Math.max(few, 500) * 10);
});

test('a page is cut when its states are large, and the next one continues there', async () => {
  const state = { text: 'x'.repeat(700_000) };
  for (let n = 0; n < 5; n++) await store.createSession({ ...owner, sessionId: `s${n}`, state });
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listSummaries(owner, cursor === undefined ? {} : { cursor });
    sizes.push(page.sessions.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(sizes).toEqual([2, 2, 1]);
});

test.each([
  ['', 'The state of the session is too large', 768],
  ['user:', 'The `user:` state is too large', 128],
  ['app:', 'The `app:` state is too large', 128],
])('each stored map has a bound in bytes: %j', async (prefix, sentence, kilobytes) => {
  const half = 'x'.repeat(kilobytes * 512 - 20);
  const session = await store.createSession({ ...key, state: { [`${prefix}a`]: half } });
  await store.appendEvent({ session, event: textEvent('1', { [`${prefix}b`]: half }) });
  const more = store.appendEvent({ session, event: textEvent('2', { [`${prefix}c`]: half }) });
  expect(more).rejects.toThrow(sentence);
  const fresh = store.createSession({
    ...owner,
    sessionId: 'b',
    state: { [`${prefix}d`]: half + half + half },
  });
  expect(fresh).rejects.toThrow(sentence);
  expect((await store.listSummaries(owner)).sessions).toHaveLength(1);
});

test('a session has a limit in bytes: the next message is refused, a running answer is not', async () => {
  const session = await store.createSession(key);
  const message = (text: string) => ({ ...textEvent(text), author: 'user' });
  for (const n of [1, 2, 3]) await store.appendEvent({ session, event: message(`${n}`.repeat(6_000_000)) });
  expect(store.appendEvent({ session, event: message('4') })).rejects.toThrow('too long');
  await store.appendEvent({ session, event: textEvent('an answer') });
});

test('a message that would exceed the size limit is refused, although the session is below the limit', async () => {
  const session = await store.createSession(key);
  const message = (text: string) => ({
    ...textEvent(text.slice(0, 9)),
    author: 'user',
    content: { parts: [{ text }] },
  });
  await store.appendEvent({ session, event: message('1'.repeat(20_000_000)) });
  const second = message('2'.repeat(20_000_000));
  expect(store.appendEvent({ session, event: second })).rejects.toThrow('too long');
  await store.appendEvent({ session, event: message('3'.repeat(10_000_000)) });
});

test('a long conversation is read in steps, with other requests in between', async () => {
  const session = await store.createSession(key);
  const texts = Array.from({ length: 12 }, (_, n) => `${n}`.repeat(n % 4 === 3 ? 3_000_000 : 300_000));
  for (const [n, text] of texts.entries()) {
    const event = { ...textEvent(`${n}`), content: { parts: [{ text }] } };
    await store.appendEvent({ session, event });
  }
  const fresh = open();
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const read = await fresh.getSession(key);
  clearInterval(count);
  expect(read?.events.map(({ content }) => content?.parts?.[0]?.text)).toEqual(texts);
  expect(turns).toBeGreaterThanOrEqual(3);
  await fresh.close();
});

test('a session that is deleted during a read is not found', async () => {
  const session = await store.createSession(key);
  for (const n of [1, 2]) {
    const content = { parts: [{ text: `${n}`.repeat(2_000_000) }] };
    await store.appendEvent({ session, event: { ...textEvent(`${n}`), content } });
  }
  const fresh = open();
  const reading = fresh.getSession(key);
  await store.deleteSession(key);
  expect(await reading).toBeUndefined();
  await fresh.close();
});

test.each(['{', 'null', '[]', '"x"', '1', ''])(
  'a damaged state, %j, is empty and hides no other session',
  async (text) => {
    await store.createSession({ ...key, state: { k: 1 } });
    await store.createSession({ ...owner, sessionId: 'b', state: { k: 2, 'user:u': 3, 'app:a': 4 } });
    const database = openDatabase(join(folder, 's.sqlite'));
    database.run("UPDATE sessions SET state = ? WHERE id = 'a'", [text]);
    expect((await store.getSession(key))?.state).toEqual({
      'user:u': 3,
      'app:a': 4,
    });
    for (const table of ['user_states', 'app_states']) database.run(`UPDATE ${table} SET state = ?`, [text]);
    const { sessions } = await store.listSummaries(owner);
    expect(sessions.map(({ id, state }) => [id, state])).toEqual([
      ['b', { k: 2 }],
      ['a', {}],
    ]);
    database.close();
  },
);

test.each(['{', 'null', '"x"'])(
  'a damaged event, %j, is reported as damaged data, not as a bug',
  async (text) => {
    const session = await store.createSession(key);
    for (const n of [1, 2, 3]) await store.appendEvent({ session, event: textEvent(`${n}`) });
    const database = openDatabase(join(folder, 's.sqlite'));
    database.run('UPDATE events SET event = ? WHERE seq = 2', [text]);
    database.close();
    const fresh = open();
    const failure = await fresh.getSession(key).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STORED_DATA_DAMAGED', status: 500 });
    expect((failure as Error).message).toBe(
      'The store holds event 2 of the session in a form that cannot be read.',
    );
    expect((await fresh.listSummaries(owner)).sessions).toHaveLength(1);
    await fresh.close();
  },
);

test("a session's size grows with every event, whichever process stored it, once it was read", async () => {
  await store.createSession(key);
  expect(store.historyBytes(key)).toBe(0);
  const other = open();
  for (const [index, by] of [store, other, store].entries()) {
    await by.appendEvent({ session: (await by.getSession(key))!, event: textEvent(`next ${index}`) });
    const fresh = open();
    for (const one of [store, other]) await one.getSession(key);
    const sizes = [store, other, fresh].map((one) => one.historyBytes(key));
    expect(new Set(sizes).size).toBe(1);
    expect(sizes[0]).toBeGreaterThan(100);
    await fresh.close();
  }
  await other.deleteSession(key);
  expect(other.historyBytes(key)).toBe(0);
  await store.createSession(key);
  await store.getSession(key);
  expect(store.historyBytes(key)).toBe(0);
  await other.close();
});
