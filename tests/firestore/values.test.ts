import { afterAll, beforeAll, expect, test } from 'bun:test';
import { FirestoreMemory } from '../../backend/memory/firestore/firestore-memory.ts';
import { FirestoreTaskRecords } from '../../backend/tasks/firestore/firestore-task-records.ts';
import { sessionOf } from '../../backend/sessions/firestore/paths.ts';
import { event } from './events.ts';
import { openFixture, type FirestoreFixture } from './fixture.ts';

let fixture: FirestoreFixture;
const key = (sessionId: string) => ({ appName: 'lornu', userId: 'ann', sessionId });
const text = (value: string) => event({ content: { role: 'user', parts: [{ text: value }] } });
const call = (args: Record<string, unknown>) =>
  event({ content: { role: 'model', parts: [{ functionCall: { id: 'c', name: 'f', args } }] } });
const delta = (stateDelta: Record<string, unknown>) => event({ actions: { stateDelta } });

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture?.close());

test.each([
  ['an argument', () => call({ more: { '': 1 } })],
  ['app: state', () => delta({ 'app:x': { '': 1 } })],
  ['user: state', () => delta({ 'user:x': [{ '': 1 }] })],
])('an empty key in %s is refused at once, and nothing is stored', async (what, made) => {
  const session = await fixture.store.createSession(key(`empty ${what}`));
  // Like a run's session, whose writes are retried for 45 s during an outage of Firestore.
  fixture.store.bindLease(session, 1);
  const began = performance.now();
  const refused = await fixture.store.appendEvent({ session, event: made() }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining('empty key') });
  expect(performance.now() - began).toBeLessThan(20_000);
  expect((await fixture.store.getSession(key(`empty ${what}`)))!.events).toEqual([]);
});

test.each([
  ['app: state', () => delta({ 'app:n': 2n ** 63n + 1n }), 'more than 64 bits'],
  ['an argument', () => call({ n: [-(2n ** 63n) - 1n] }), 'more than 64 bits'],
  ['a timestamp', () => event({ timestamp: Date.UTC(10_000, 0, 1) }), 'before the year 10000'],
])('%s that Firestore cannot hold is refused in words of its own', async (what, made, reason) => {
  const session = await fixture.store.createSession(key(`beyond ${what}`));
  const refused = await fixture.store.appendEvent({ session, event: made() }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining(reason) });
  expect((await fixture.another().getSession(key(`beyond ${what}`)))!.events).toEqual([]);
});

test('integers of 64 bits are returned unchanged, from both ends of their range', async () => {
  const session = await fixture.store.createSession(key('64 bits'));
  const integers = [2n ** 63n - 1n, -(2n ** 63n) + 1n, 2n ** 53n + 1n];
  await fixture.store.appendEvent({ session, event: call({ integers }) });
  const read = (await fixture.another().getSession(key('64 bits')))!;
  expect(read.events[0]!.content!.parts![0]!.functionCall!.args).toEqual({ integers });
});

test.each(['app:x', 'user:x'])(
  'an empty key in %s of a new session is refused, and nothing is stored',
  async (name) => {
    const made = { ...key(`new ${name}`), state: { [name]: { '': 1 } } };
    const refused = await fixture.store.createSession(made).catch((error) => error);
    expect(refused).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining('empty key') });
    expect(await fixture.store.getSession(made)).toBeUndefined();
  },
);

test('half a surrogate pair is stored as U+FFFD, in events and in all states', async () => {
  const session = await fixture.store.createSession({ ...key('lone'), state: { own: 'a\uD83D' } });
  await fixture.store.appendEvent({ session, event: text('b\uD83D') });
  await fixture.store.appendEvent({ session, event: delta({ 'user:lone': 'c\uDE00', own2: '\uD83D' }) });
  const read = (await fixture.another().getSession(key('lone')))!;
  expect(read.events[0]!.content!.parts![0]!.text).toBe('b\uFFFD');
  expect(read.state).toMatchObject({ own: 'a\uFFFD', own2: '\uFFFD', 'user:lone': 'c\uFFFD' });
});

test('shared state holds what JSON holds of a value, as session state does', async () => {
  const session = await fixture.store.createSession(key('plain'));
  const values = { a: 1, b: undefined, at: new Date(123), m: new Map(), list: [1, undefined], zero: -0 };
  await fixture.store.appendEvent({
    session,
    event: delta({ 'user:p': values, p: values, 'app:p': values }),
  });
  const { state } = (await fixture.another().getSession(key('plain')))!;
  const kept = { a: 1, at: '1970-01-01T00:00:00.123Z', m: {}, list: [1, null], zero: 0 };
  expect([state['user:p'], state['p'], state['app:p']]).toEqual([kept, kept, kept]);
});

test('a shared value is replaced as a whole and its neighbours stay, whatever their names', async () => {
  const session = await fixture.store.createSession({
    ...key('fields'),
    state: { 'user:a.b': { x: 1, y: 2 }, 'user:c': 1, 'user:`d': [1] },
  });
  await fixture.store.appendEvent({ session, event: delta({ 'user:a.b': { y: 3 }, 'user:e': {} }) });
  const { state } = (await fixture.another().getSession(key('fields')))!;
  expect(state).toMatchObject({ 'user:c': 1, 'user:`d': [1], 'user:e': {} });
  expect(state['user:a.b']).toEqual({ y: 3 });
});

test('20 writers of app: state from 20 sessions at a round trip of 20 ms: all are stored, in one attempt each', async () => {
  const stores = Array.from({ length: 20 }, () => fixture.another());
  const sessions = await Promise.all(stores.map((store, n) => store.createSession(key(`writer-${n}`))));
  fixture.standin.delayMs = 20;
  const commits = fixture.standin.calls.get('Commit') ?? 0;
  await Promise.all(
    stores.map((store, n) =>
      store.appendEvent({ session: sessions[n]!, event: delta({ [`app:w${n}`]: n, 'app:last': n }) }),
    ),
  );
  fixture.standin.delayMs = 0;
  expect((fixture.standin.calls.get('Commit') ?? 0) - commits).toBe(20);
  const { state } = (await fixture.another().getSession(key('writer-0')))!;
  for (let n = 0; n < 20; n++) expect(state[`app:w${n}`]).toBe(n);
});

test.each(['.', '..', '__x__', '__a\nb__'])(
  'a session, user, task or cursor named %j does not exist',
  async (id) => {
    const { store } = fixture;
    expect(await store.getSession(key(id))).toBeUndefined();
    expect(await store.getSession({ ...key('s'), userId: id })).toBeUndefined();
    expect(await store.listSummaries({ appName: 'lornu', userId: id })).toEqual({ sessions: [] });
    await store.deleteSession(key(id));
    const cursor = Buffer.from(JSON.stringify([1, 1, id])).toString('base64url');
    const listed = await store
      .listSummaries({ appName: 'lornu', userId: 'ann' }, { limit: 1, cursor })
      .catch((error) => error.code);
    expect(listed).toBe('BAD_CURSOR');
    const created = await store.createSession(key(id)).catch((error) => error);
    expect(created).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining('name') });
    expect(await new FirestoreTaskRecords({ db: fixture.db }).get(key('s'), id)).toBeUndefined();
  },
);

test('an older state of a task, stored late, does not replace the newer one', async () => {
  const tasks = new FirestoreTaskRecords({ db: fixture.db });
  const task = { id: 't', appName: 'lornu', userId: 'ann', contextId: 'c', json: '{}' };
  await tasks.put({ ...task, state: 2, updatedMs: 2_000 });
  await tasks.put({ ...task, state: 1, updatedMs: 1_000 });
  expect((await tasks.get(task, 't'))?.state).toBe(2);
});

test('a state of a task whose storing failed does not arrive later, over the next one', async () => {
  const tasks = new FirestoreTaskRecords({ db: fixture.db, waitMs: 2_000 });
  const task = { id: 'late', appName: 'lornu', userId: 'ann', contextId: 'c', json: '{}', updatedMs: 1_000 };
  const calls = () => fixture.standin.calls;
  const ended = () => (calls().get('Commit') ?? 0) + (calls().get('Rollback') ?? 0);
  fixture.standin.delayMs = 4_000;
  const refused = await tasks.put({ ...task, state: 1 }).catch((error) => error);
  expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  fixture.standin.delayMs = 0;
  // In the same millisecond: the time does not show which one is older.
  await tasks.put({ ...task, state: 2 });
  const before = ended();
  // The first one only reaches Firestore now.
  while (ended() === before) await Bun.sleep(50);
  expect((await tasks.get(task, 'late'))?.state).toBe(2);
});

test('a deletion that finishes late leaves a session of the same name that was created meanwhile', async () => {
  await fixture.store.createSession(key('anew'));
  const session = sessionOf(fixture.db, key('anew'));
  const data = (await session.get()).data()!;
  const commits = () => fixture.standin.calls.get('Commit') ?? 0;
  const before = commits();
  fixture.standin.delayMs = 500;
  const deleting = fixture.store.deleteSession(key('anew'));
  // Marked: it next looks for events, and then for the mark.
  while (commits() === before) await Bun.sleep(10);
  await session.set({ ...data, revision: 0 });
  fixture.standin.delayMs = 0;
  await deleting;
  expect(await fixture.another().getSession(key('anew'))).toBeDefined();
});

test('memory: a long session in several commits; an event that is too long is named, the others are stored', async () => {
  const memory = new FirestoreMemory(fixture.db);
  const session = await fixture.store.createSession(key('long memory'));
  // Neither its words nor its bytes fit into one commit with the others.
  const long = (n: number) => `chapter${'abcdefghij'[n]} ${'lorem ipsum '.repeat(35_000)}`;
  const said = Array.from({ length: 10 }, (_, n) => text(long(n)));
  const commits = fixture.standin.calls.get('Commit') ?? 0;
  await memory.addSessionToMemory({ ...session, events: said });
  expect((fixture.standin.calls.get('Commit') ?? 0) - commits).toBeGreaterThan(1);
  const refused = await memory
    .addSessionToMemory({ ...session, events: [text('x'.repeat(1_100_000)), text('penguin')] })
    .catch((error) => error);
  expect(refused).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining('Too long to be') });
  for (const query of ['chapterj', 'penguin']) {
    const found = await memory.searchMemory({ appName: 'lornu', userId: 'ann', query });
    expect(found.memories).toHaveLength(1);
  }
});

test.each([
  ['state that is no JSON', { state: '{' }, {}],
  ['empty state', { state: '' }, {}],
  ['state that is a list', { state: '[1]' }, {}],
  ['a revision that is no number', { revision: 'many' }, { note: 'a' }],
])('%s from another writer: the session is read, listed and written to', async (what, changed, state) => {
  const odd = { appName: 'other', userId: 'ann', sessionId: what };
  const session = await fixture.store.createSession({ ...odd, state: { note: 'a' } });
  await fixture.store.appendEvent({ session, event: event({}) });
  await sessionOf(fixture.db, odd).update(changed);
  const store = fixture.another();
  const read = (await store.getSession(odd))!;
  expect([read.state, read.events.length]).toEqual([state, 1]);
  const { sessions } = await store.listSessions({ ...odd });
  expect(sessions.map(({ id }) => id)).toContain(what);
  await store.appendEvent({ session: read, event: delta({ more: 1 }) });
  const after = (await fixture.another().getSession(odd))!;
  expect([after.state, after.events.length]).toEqual([{ ...state, more: 1 }, 2]);
});
