import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createFirestore } from '../../backend/firestore/create-firestore.ts';
import { FirestoreSessionStore } from '../../backend/sessions/firestore/firestore-session-store.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { event } from './events.ts';
import { DATABASE, PROJECT } from './fixture.ts';

let standin: FirestoreStandin;
const key = (sessionId: string) => ({ appName: 'lornu', userId: 'ann', sessionId });
const codeOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code ?? error,
  );

function open(host = standin.host, database = DATABASE, waitMs = 1_500): FirestoreSessionStore {
  const db = createFirestore({ project: PROJECT, database, emulatorHost: host });
  // Never closed: retries of a closed client would fail where nothing can catch them.
  return new FirestoreSessionStore({ db, waitMs });
}

beforeAll(async () => {
  standin = await startFirestoreStandin({ databases: [DATABASE] });
});
afterAll(() => standin.stop());

test('a database without its own name is refused before anything is opened', () => {
  for (const database of ['', '(default)'])
    expect(() => createFirestore({ project: PROJECT, database })).toThrow('a database of its own name');
});

test.each([
  [7, 'secret reason', 'Firestore refuses access to the database "staging"'],
  [16, 'secret reason', 'does not accept the credentials'],
  [8, 'secret reason', 'The quota of the Firestore database "staging" is used up'],
])(
  'status %d: a clear answer to callers and to operators, nothing stored, and it works again',
  async (code, message, why) => {
    const store = open();
    const session = await store.createSession(key(`status-${code}`));
    standin.failWith = { code, message };
    const refused = await store.appendEvent({ session, event: event({}) }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'STORE_UNAVAILABLE', headers: { 'retry-after': '2' } });
    expect(refused.message).not.toContain('secret');
    const probed = await store.probe().catch((error) => error);
    expect(probed.message).toContain(why);
    standin.failWith = undefined;
    await store.probe();
    await store.appendEvent({ session, event: event({}) });
    expect((await open().getSession(key(`status-${code}`)))!.events).toHaveLength(1);
  },
);

test('a missing database is named', async () => {
  const probed = await open(standin.host, 'production')
    .probe()
    .catch((error) => error);
  expect(probed.message).toBe('There is no Firestore database "production" in this project.');
});

test('an outage in the middle of a turn: waits are limited, and the same session object continues afterwards', async () => {
  const own = await startFirestoreStandin();
  const store = open(own.host);
  const session = await store.createSession(key('away'));
  await store.appendEvent({ session, event: event({ id: 'first' }) });
  own.pause();
  const began = performance.now();
  expect(await codeOf(store.appendEvent({ session, event: event({ id: 'second' }) }))).toBe(
    'STORE_UNAVAILABLE',
  );
  // Far below the 45 s of the writes of a run.
  expect(performance.now() - began).toBeLessThan(20_000);
  await own.resume();
  // The client reconnects after a second or two.
  await untilBack(store);
  await store.appendEvent({ session, event: event({ id: 'third' }) });
  const { events } = (await open(own.host).getSession(key('away')))!;
  expect(events.map(({ id }) => id)).toEqual(['first', 'third']);
  own.stop();
});

test('a short outage is survived', async () => {
  const own = await startFirestoreStandin();
  const store = open(own.host, DATABASE, 10_000);
  const session = await store.createSession(key('short'));
  own.pause();
  const appending = store.appendEvent({ session, event: event({ id: 'waits' }) });
  await Bun.sleep(1_000);
  await own.resume();
  await appending;
  expect((await store.getSession(key('short')))!.events).toHaveLength(1);
  own.stop();
});

test('a commit whose response is lost is not mistaken for another writer, and not stored twice', async () => {
  const store = open();
  const session = await store.createSession(key('lost'));
  const stored = event({ id: 'lost-1' });
  standin.loseAnswersTo = 'Commit';
  expect(await codeOf(store.appendEvent({ session, event: stored }))).toBe('STORE_UNAVAILABLE');
  standin.loseAnswersTo = undefined;
  await store.appendEvent({ session, event: stored });
  await store.appendEvent({ session, event: event({ id: 'lost-2' }) });
  const read = (await open().getSession(key('lost')))!;
  expect(read.events.map(({ id }) => id)).toEqual(['lost-1', 'lost-2']);
  expect((await standin.documents.get(nameOf('lost')))?.fields['revision']).toMatchObject({
    integerValue: '2',
  });
});

test('an event whose response was lost is no other writer to the event after it', async () => {
  const store = open();
  const session = await store.createSession(key('lost-before'));
  standin.loseAnswersTo = 'Commit';
  for (const id of ['lost-1', 'lost-2'])
    expect(await codeOf(store.appendEvent({ session, event: event({ id }) }))).toBe('STORE_UNAVAILABLE');
  standin.loseAnswersTo = undefined;
  await store.appendEvent({ session, event: event({ id: 'lost-2' }) });
  await store.appendEvent({ session, event: event({ id: 'kept' }) });
  const read = (await open().getSession(key('lost-before')))!;
  expect(read.events.map(({ id }) => id)).toEqual(['lost-1', 'lost-2', 'kept']);
});

test('events without a response are stored and given back once, in order: one that was stored, and one that was not', async () => {
  const own = await startFirestoreStandin({ databases: [DATABASE] });
  const store = open(own.host);
  const session = await store.createSession(key('settled'));
  own.loseAnswersTo = 'Commit';
  expect(await codeOf(store.appendEvent({ session, event: event({ id: 'stored' }) }))).toBe(
    'STORE_UNAVAILABLE',
  );
  own.loseAnswersTo = undefined;
  own.failWith = { code: 8, message: 'quota' };
  expect(await codeOf(store.appendEvent({ session, event: event({ id: 'refused' }) }))).toBe(
    'STORE_UNAVAILABLE',
  );
  own.failWith = undefined;
  expect((await store.settleUnanswered(session)).map(({ id }) => id)).toEqual(['stored', 'refused']);
  expect(await store.settleUnanswered(session)).toEqual([]);
  await store.appendEvent({ session, event: event({ id: 'next' }) });
  const ids = ['stored', 'refused', 'next'];
  expect(session.events.map(({ id }) => id)).toEqual(ids);
  expect((await open(own.host).getSession(key('settled')))!.events.map(({ id }) => id)).toEqual(ids);
  own.stop();
});

test('a commit that is stored after a timeout is found by the next attempt of a run', async () => {
  const own = await startFirestoreStandin({ databases: [DATABASE] });
  const store = open(own.host);
  const session = await store.createSession(key('late'));
  // Like a run's session: its writes are retried.
  store.bindLease(session, 1);
  // Reading and committing together take longer than the store waits for them.
  own.delayMs = 900;
  const appending = store.appendEvent({ session, event: event({ id: 'late-1' }) });
  const isStored = async (): Promise<boolean> =>
    (await own.documents.get(`${nameOf('late')}/events/late-1`)) !== undefined;
  while (!(await isStored())) await Bun.sleep(20);
  own.delayMs = 0;
  await appending;
  await store.appendEvent({ session, event: event({ id: 'late-2' }) });
  const read = (await open(own.host).getSession(key('late')))!;
  expect(read.events.map(({ id }) => id)).toEqual(['late-1', 'late-2']);
  own.stop();
});

test('two appends at once from one session object are stored one after the other', async () => {
  const store = open();
  const session = await store.createSession(key('both'));
  await Promise.all(['a', 'b', 'c'].map((id) => store.appendEvent({ session, event: event({ id }) })));
  expect((await open().getSession(key('both')))!.events.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

async function untilBack(store: FirestoreSessionStore): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (performance.now() < giveUpAt) {
    const isBack = await store.probe().then(
      () => true,
      () => false,
    );
    if (isBack) return;
  }
  throw new Error('The store did not come back.');
}

const nameOf = (sessionId: string): string =>
  `projects/${PROJECT}/databases/${DATABASE}/documents/adk-session/lornu/users/ann/sessions/${sessionId}`;

test('a session that was refused because Firestore was slow does not appear afterwards', async () => {
  const store = open(standin.host, DATABASE, 300);
  standin.delayMs = 500;
  expect(await codeOf(store.createSession(key('late')))).toBe('STORE_UNAVAILABLE');
  // Long enough for the running read and a write after it.
  await Bun.sleep(1_500);
  standin.delayMs = 0;
  expect(await open().getSession(key('late'))).toBeUndefined();
});
