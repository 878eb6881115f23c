import { afterAll, expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { createFirestore } from '../create-firestore.ts';
import { FirestoreError } from './channel.ts';
import { FieldPath, FieldValue, Timestamp } from './special-values.ts';
import { UnstorableValueError } from './values.ts';

const standin = await startFirestoreStandin({ concurrencyMode: 'OPTIMISTIC', isGoogles: false });
const db = createFirestore({ project: 'p', database: 'staging', emulatorHost: standin.host });
afterAll(() => standin.stop());

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error instanceof FirestoreError ? error.code : error),
  );
const calls = (method: string): number => standin.calls.get(method) ?? 0;

test('every value comes back as it was stored, whatever the names of its fields', async () => {
  const values = {
    text: 'é\u{1F6B2}\0',
    yes: true,
    nothing: null,
    whole: 7,
    negativeZero: -0,
    part: 0.1,
    none: Number.NaN,
    endless: Number.NEGATIVE_INFINITY,
    long: 2n ** 63n - 1n,
    bytes: Buffer.from([0, 255]),
    time: new Timestamp(1_700_000_000, 123_456_000),
    epoch: new Timestamp(0, 0),
    list: [1, 'two', { three: [] }],
    empty: {},
    // Names that the protocol uses for something else.
    fields: { seconds: 1, values: [], nullValue: null, doubleValue: 'NaN', limit: { value: 1 } },
    updateTime: 'now',
    timestampValue: { nanos: 1 },
    transaction: 't',
    'a.b `c\\d': 1,
  };
  const document = db.doc('values/all');
  await document.set(values);
  expect((await document.get()).data()).toEqual(values);
  expect(Object.is((await document.get()).get('negativeZero'), -0)).toBe(true);
});

test.each([
  ['undefined', { a: undefined }],
  ['a function', { a: { b: () => 1 } }],
  ['an instance', { a: [new Map()] }],
  [
    'a circle',
    Object.assign(
      {},
      {
        get a() {
          return this;
        },
      },
    ),
  ],
])('%s is refused before anything is sent', async (_what, data) => {
  const before = calls('Commit');
  expect(await codeOf(db.doc('values/refused').set(data))).toBeInstanceOf(UnstorableValueError);
  expect(calls('Commit')).toBe(before);
});

test('an update replaces the fields that it names, deletes some, and lets Firestore set the time', async () => {
  const document = db.doc('values/updated');
  await document.set({ kept: 1, gone: 2, 'odd.name': { inner: 1 } });
  await document.update({
    'odd.name': { other: 2 },
    gone: FieldValue.delete(),
    at: FieldValue.serverTimestamp(),
  });
  const { at, ...others } = (await document.get()).data()!;
  expect(others).toEqual({ kept: 1, 'odd.name': { other: 2 } });
  expect(Math.abs((at as Timestamp).toMillis() - Date.now())).toBeLessThan(60_000);
  expect(await codeOf(db.doc('values/missing').update({ a: 1 }))).toBe(5);
  expect(await codeOf(db.batch().create(document, { a: 1 }).commit())).toBe(6);
  const [time] = await db
    .batch()
    .set(document, { a: 1 }, { mergeFields: [new FieldPath('a')] })
    .commit();
  await db.batch().update(document, { a: 2 }, { lastUpdateTime: time! }).commit();
  expect(await codeOf(document.delete({ lastUpdateTime: time! }))).toBe(9);
  expect((await document.get()).get('kept')).toBe(1);
});

test('names with characters that mean something in an address', async () => {
  const session = db.collection('sessions').doc('a:b?c#d %2F é&+@').collection('events');
  await session.doc('e:1%').set({ a: 1 });
  const { docs } = await session.get();
  expect(docs.map(({ ref }) => ref.path)).toEqual(['sessions/a:b?c#d %2F é&+@/events/e:1%']);
  expect(docs[0]?.ref.parent.parent?.id).toBe('a:b?c#d %2F é&+@');
});

test('queries: order, ranges, pages, the last ones, names only', async () => {
  const all = db.collection('numbers');
  for (const n of [3, 1, 2, 4]) await all.doc(`n${n}`).set({ n, isOdd: n % 2 === 1 });
  const idsOf = async (query: { get: typeof all.get }) =>
    (await query.get()).docs.map(({ id }) => id).join(' ');
  expect(await idsOf(all.orderBy('n'))).toBe('n1 n2 n3 n4');
  expect(await idsOf(all.orderBy('n', 'desc').limit(2))).toBe('n4 n3');
  expect(await idsOf(all.orderBy('n').limitToLast(2))).toBe('n3 n4');
  expect(await idsOf(all.where('n', '>', 1).where('n', '<=', 3).orderBy('n'))).toBe('n2 n3');
  expect(await idsOf(all.where('isOdd', '==', true))).toBe('n1 n3');
  expect(await idsOf(all.orderBy(FieldPath.documentId()).startAt('n3'))).toBe('n3 n4');
  const [first] = (await all.orderBy('n').limit(1).get()).docs;
  expect(await idsOf(all.orderBy('n').startAfter(first))).toBe('n2 n3 n4');
  expect(await idsOf(all.orderBy('n').startAfter(2))).toBe('n3 n4');
  expect((await all.select().limit(1).get()).docs[0]?.data()).toEqual({});
  expect((await all.select('n').limit(1).get()).docs[0]?.data()).toEqual({ n: 1 });
  await db.doc('of/ann/sessions/s1').set({ appName: 'x' });
  expect(await idsOf(db.collectionGroup('sessions').where('appName', '==', 'x'))).toBe('s1');
  expect(await idsOf(db.collection('nobody'))).toBe('');
});

test('a transaction takes two calls, and is repeated if another has changed what it read', async () => {
  const counter = db.doc('counters/one');
  await counter.set({ n: 0 });
  const [reads, commits] = [calls('BatchGetDocuments'), calls('Commit')];
  let attempts = 0;
  const seen = await db.runTransaction(async (transaction) => {
    attempts++;
    const [read] = await transaction.getAll(counter, db.doc('counters/missing'));
    if (attempts === 1) await counter.set({ n: 10 });
    transaction.update(counter, { n: (read!.get('n') as number) + 1 });
    return read!.get('n');
  });
  expect([seen, attempts, (await counter.get()).get('n')]).toEqual([10, 2, 11]);
  expect([calls('BatchGetDocuments') - reads, calls('Commit') - commits]).toEqual([3, 3]);
  expect(calls('BeginTransaction')).toBe(0);
});

test('a transaction whose work fails stores nothing, is not repeated, and is rolled back', async () => {
  const before = calls('Rollback');
  const failing = db.runTransaction(async (transaction) => {
    await transaction.get(db.doc('counters/one'));
    transaction.set(db.doc('counters/two'), { n: 1 });
    throw new RangeError('no');
  });
  expect(await codeOf(failing)).toBeInstanceOf(RangeError);
  expect((await db.doc('counters/two').get()).exists).toBe(false);
  expect(calls('Rollback')).toBe(before + 1);
});

test('a transaction cannot read after it has written, and gives up after its attempts', async () => {
  const counter = db.doc('counters/one');
  const late = db.runTransaction(async (transaction) => {
    transaction.set(counter, { n: 1 });
    await transaction.get(counter);
  });
  expect(await codeOf(late)).toMatchObject({ message: 'A transaction reads before it writes.' });
  let attempts = 0;
  const contended = db.runTransaction(
    async (transaction) => {
      attempts++;
      await transaction.get(counter);
      await counter.set({ n: attempts + 100 });
      transaction.update(counter, { n: 0 });
    },
    { maxAttempts: 2 },
  );
  expect([await codeOf(contended), attempts]).toEqual([10, 2]);
});

test('an identity that Google refuses is told as such', async () => {
  const refused = Object.assign(new Error('no'), { response: { status: 403 } });
  const authClient = { getRequestHeaders: () => Promise.reject(refused) } as never;
  const { channel } = createFirestore({ project: 'p', database: 'staging', authClient });
  expect(await codeOf(channel.call('commit', 'projects/p/databases/staging/documents', {}))).toBe(16);
});
