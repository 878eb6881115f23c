import type { DocumentReference } from '../../backend/firestore/client/references.ts';
import { Timestamp } from '../../backend/firestore/client/special-values.ts';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { toEventData } from '../../backend/events/document.ts';
import { fromWire, toWire } from '../../backend/events/wire.ts';
import { eventsOf, sessionOf } from '../../backend/sessions/firestore/paths.ts';
import { toTimestamp } from '../../backend/sessions/firestore/session-document.ts';
import { event, wireEvent, type Wire } from './events.ts';
import { openFixture, type FirestoreFixture } from './fixture.ts';

let fixture: FirestoreFixture;
const key = (sessionId: string) => ({ appName: 'lornu', userId: 'ann', sessionId });
const python = (sessionId: string) => ({ app_name: 'lornu', user_id: 'ann', session_id: sessionId });
const text = (value: string) => event({ content: { role: 'user', parts: [{ text: value }] } });
const calls = (): Record<string, number> => Object.fromEntries(fixture.standin.calls);

beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture?.close());

test('3,000 events: google-adk writes them, both read them alike, and a turn costs the same as with ten', async () => {
  const nowS = Math.floor(Date.now() / 1000);
  const many = Array.from({ length: 3_000 }, (_, index) =>
    wireEvent({
      id: `many-${index}`,
      timestamp: nowS - 10_000 + index,
      content: { role: 'user', parts: [{ text: `event ${index}` }] },
    }),
  );
  await fixture.store.createSession(key('many'));
  await seed(sessionOf(fixture.db, key('many')), many.slice(0, 2_900));
  const session = (await fixture.store.getSession(key('many')))!;
  for (const wire of many.slice(2_900, 2_950))
    await fixture.store.appendEvent({ session, event: fromWire(wire) });
  await fixture.python.ask({ do: 'append', ...python('many'), events: many.slice(2_950) });
  const fresh = (await fixture.another().getSession(key('many')))!;
  expect(fresh.events.map(({ id }) => id)).toEqual(many.map(({ id }) => id as string));
  const theirs = await fixture.python.ask({ do: 'get', ...python('many') });
  expect(theirs.events).toEqual(fresh.events.map(toWire));

  await fixture.store.createSession(key('few'));
  const costOfTurn = async (id: string): Promise<unknown> => {
    // Fill the cache, as after an earlier turn.
    const known = (await fixture.store.getSession(key(id)))!;
    await fixture.store.appendEvent({ session: known, event: text('before') });
    const before = { ...fixture.standin.rows };
    const counted = calls();
    const read = (await fixture.store.getSession(key(id)))!;
    for (const said of ['message', 'answer'])
      await fixture.store.appendEvent({ session: read, event: text(said) });
    const [get = 0, query = 0, commit = 0] = ['BatchGetDocuments', 'RunQuery', 'Commit'].map(
      (method) => (calls()[method] ?? 0) - (counted[method] ?? 0),
    );
    const { read: reads, written } = fixture.standin.rows;
    return { get, query, commit, reads: reads - before.read, writes: written - before.written };
  };
  const few = await costOfTurn('few');
  expect(await costOfTurn('many')).toEqual(few);
  // Read: session; app and user state together; the session before each event. Written: session and event, twice.
  expect(few).toEqual({ get: 4, query: 0, commit: 2, reads: 5, writes: 4 });
}, 90_000);

test('an event near 1 MiB is stored and read by both; a larger one is refused with a sentence, and nothing is stored', async () => {
  const session = await fixture.store.createSession(key('large'));
  await fixture.store.appendEvent({ session, event: text('x'.repeat(1_040_000)) });
  const theirs = await fixture.python.ask({ do: 'get', ...python('large') });
  expect(theirs.events[0].content.parts[0].text).toHaveLength(1_040_000);
  const tooLarge = await fixture.store
    .appendEvent({ session, event: text('x'.repeat(1_048_576)) })
    .catch((error) => error);
  expect(tooLarge).toMatchObject({
    code: 'NOT_STORABLE',
    message: expect.stringContaining('The event is too large'),
  });
  const delta = event({ actions: { stateDelta: { big: 'y'.repeat(600_000) } } });
  await fixture.store.appendEvent({ session, event: delta });
  const more = event({ actions: { stateDelta: { more: 'y'.repeat(600_000) } } });
  const stateTooLarge = await fixture.store.appendEvent({ session, event: more }).catch((error) => error);
  expect(stateTooLarge.message).toContain('The state of the session is too large');
  await fixture.store.appendEvent({ session, event: text('goes on') });
  expect((await fixture.another().getSession(key('large')))!.events).toHaveLength(3);
});

test('values that Firestore cannot hold are refused with a sentence, and nothing is stored', async () => {
  const session = await fixture.store.createSession(key('odd'));
  const call = (args: Record<string, unknown>) =>
    event({ content: { role: 'model', parts: [{ functionCall: { id: 'c', name: 'f', args } }] } });
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 25; depth++) deep = { deep };
  for (const args of [{ table: [[1], [2]] }, { __odd__: 1 }, deep]) {
    const refused = await fixture.store.appendEvent({ session, event: call(args) }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'NOT_STORABLE' });
  }
  expect((await fixture.store.getSession(key('odd')))!.events).toEqual([]);
  // As state it is JSON text, which can hold anything; in the event it would not be.
  const created = await fixture.store.createSession({ ...key('odd-state'), state: { table: [[1], [2]] } });
  expect((await fixture.python.ask({ do: 'get', ...python('odd-state') })).state).toEqual(created.state);
});

test('a native value that google-adk wrote into shared state survives our write beside it', async () => {
  const since = new Timestamp(1_700_000_000, 123_456_000);
  await fixture.db.doc('app_states/lornu').set({ since, kept: { inner: 1 } });
  const session = await fixture.store.createSession(key('native'));
  expect(session.state['app:since']).toBe('2023-11-14T22:13:20.123456Z');
  await fixture.store.appendEvent({
    session,
    event: event({ actions: { stateDelta: { 'app:kept': { other: 2 } } } }),
  });
  expect((await fixture.db.doc('app_states/lornu').get()).data()).toEqual({ since, kept: { other: 2 } });
});

test('memory: each finds what the other stored, in the same documents', async () => {
  const { FirestoreMemory } = await import('../../backend/memory/firestore/firestore-memory.ts');
  const memory = new FirestoreMemory(fixture.db);
  const session = await fixture.store.createSession(key('memory'));
  const said = ['My cat is called Mimi', 'The ferry leaves at nine'];
  for (const sentence of said) await fixture.store.appendEvent({ session, event: text(sentence) });
  await memory.addSessionToMemory((await fixture.store.getSession(key('memory')))!);
  const documents = async () =>
    (await fixture.db.collection('memories').orderBy('timestamp').get()).docs.map((doc) => {
      const data = doc.data();
      return { ...data, id: doc.id, keywords: data['keywords'].toSorted() };
    });
  const mine = await documents();
  expect(mine).toHaveLength(2);
  const theirs = await fixture.python.ask({
    do: 'recall',
    app_name: 'lornu',
    user_id: 'ann',
    query: 'the CAT?',
  });
  expect(
    theirs.map(({ content }: { content: { parts: { text: string }[] } }) => content.parts[0]?.text),
  ).toEqual([said[0]]);
  await fixture.python.ask({ do: 'remember', ...python('memory') });
  expect(await documents()).toEqual(mine);
  const found = await memory.searchMemory({
    appName: 'lornu',
    userId: 'ann',
    query: 'when does the ferry leave, cat',
  });
  expect(new Set(found.memories.map(({ content }) => content.parts?.[0]?.text))).toEqual(new Set(said));
  expect(await memory.searchMemory({ appName: 'lornu', userId: 'eve', query: 'cat' })).toEqual({
    memories: [],
  });
});

/** Stores in a few writes what appending would create: each append is a separate transaction. */
async function seed(session: DocumentReference, wires: Wire[]): Promise<void> {
  for (let from = 0; from < wires.length; from += 500) {
    const batch = fixture.db.batch();
    for (const wire of wires.slice(from, from + 500)) {
      const stored = fromWire(wire);
      const timestamp = toTimestamp(stored.timestamp);
      const owner = { appName: 'lornu', userId: 'ann' };
      batch.set(eventsOf(session).doc(stored.id), { event_data: toEventData(stored), timestamp, ...owner });
    }
    await batch.commit();
  }
  await session.update({ revision: wires.length });
}
