import { afterEach, beforeEach, expect, test } from 'bun:test';
import { startFirestoreStandin, type FirestoreStandin } from '../../../standins/firestore/server.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import { createFirestore } from '../../firestore/create-firestore.ts';
import { FirestoreSessionStore } from '../../sessions/firestore/firestore-session-store.ts';
import { until } from '../../testing/until.ts';
import type { Frame } from '../run.ts';
import { FirestoreRunStore, type FirestoreRunStoreOptions } from './firestore-run-store.ts';
import { HeldLeases } from './held-leases.ts';
import { LeaseGuard } from './lease-guard.ts';

const LEASE_MS = 60_000;
const key = { appName: 'a', userId: 'u', sessionId: 's' };
const request = { ...key, streaming: true };
const run = { id: 'r', session: key, invocationId: 'i', owner: 'o', startedMs: 0, request };
const frame = (index: number, json: string): Frame => ({ index, kind: 'event', json });

let standin: FirestoreStandin;
let db: Firestore;
let sessions: FirestoreSessionStore;
beforeEach(async () => {
  standin = await startFirestoreStandin({ databases: ['d'], concurrencyMode: 'OPTIMISTIC' });
  db = createFirestore({ project: 'p', database: 'd', emulatorHost: standin.host });
  sessions = new FirestoreSessionStore({ db, guard: new LeaseGuard(db) });
  await sessions.createSession(key);
});
afterEach(async () => {
  await db.terminate();
  standin.stop();
});

/** The store of one process. */
const open = (options: Partial<FirestoreRunStoreOptions> = {}): FirestoreRunStore =>
  new FirestoreRunStore({
    db,
    held: new HeldLeases(),
    newestEventMs: (session, shared) => sessions.newestEventMs(session, shared),
    ...options,
  });
const calls = (name: string): number => standin.calls.get(name) ?? 0;

test('a process that was paused does not show its last frames if another process has ended the run with others', async () => {
  const [paused, other] = [open(), open()];
  const { lease } = await paused.begin({ ...run, owner: 'paused' }, { leaseMs: LEASE_MS });
  await paused.addFrames(lease, [frame(0, '"one"')]);
  await other.handOver(lease);
  const [expired] = (await other.expired(1, LEASE_MS, new Set(), 'other')).leases;
  const taken = await other.take(expired!, 'other', LEASE_MS);
  await other.end(taken!.lease, 'completed', [frame(1, '"one two"')]);

  const late = paused.end(lease, 'completed', [frame(1, '" two"'), frame(2, '"one two"')]);
  expect(await late.catch((error: { code: string }) => error.code)).toBe('LEASE_LOST');
  const stored = await other.frames('r', 0);
  expect(stored?.frames.map(({ json }) => json)).toEqual(['"one"', '"one two"']);
  // Its own end again, as after a lost response.
  const again = await other.end(taken!.lease, 'completed', [frame(1, '"one two"')]);
  expect(again).toBeUndefined();
});

test('while it is not known whether a run is allowed, its session is read, and nothing is stored', async () => {
  const [reads, commits] = [calls('BatchGetDocuments'), calls('Commit')];
  const allowed = Promise.withResolvers<void>();
  const beginning = open().begin(run, { leaseMs: LEASE_MS, isFollowed: true, allowed: allowed.promise });
  await until(() => calls('BatchGetDocuments') > reads);
  expect(calls('Commit')).toBe(commits);
  allowed.resolve();
  const { stored } = await beginning;
  await stored?.();
  expect(calls('Commit')).toBe(commits + 1);
});

test('requests to cancel are looked for only if a lease was not seen for so long', async () => {
  const queriesOf = async (busyLookEveryMs: number): Promise<number> => {
    const store = open({ busyLookEveryMs });
    const { lease } = await store.begin(run, { leaseMs: LEASE_MS });
    await store.addFrames(lease, [frame(0, '"one"')]);
    const before = calls('RunQuery');
    expect(await store.cancelRequests('o')).toEqual([]);
    const queries = calls('RunQuery') - before;
    await open().requestCancel('r');
    await store.addFrames(lease, [frame(1, '"two"')]);
    expect(await store.cancelRequests('o')).toEqual(['r']);
    await store.end(lease, 'cancelled', []);
    await sessions.deleteSession(key);
    await sessions.createSession(key);
    return queries;
  };
  expect([await queriesOf(60_000), await queriesOf(0)]).toEqual([0, 1]);
});

test('requests to cancel are not looked for once a lease is lost, or was refused as it began', async () => {
  const [here, other] = [open({ busyLookEveryMs: 0 }), open()];
  const queries = calls('RunQuery');
  const refused = await here.begin({ ...run, id: 'late' }, { leaseMs: LEASE_MS, isFollowed: true });
  const { lease } = await other.begin(run, { leaseMs: LEASE_MS });
  expect(refused.stored!()).rejects.toMatchObject({ code: 'SESSION_BUSY' });
  expect(await here.renew(refused.lease, LEASE_MS)).toBe(false);
  expect(await here.cancelRequests('o')).toEqual([]);
  expect(calls('RunQuery')).toBe(queries);
  await other.end(lease, 'completed', []);

  const lost = await here.begin({ ...run, id: 'next' }, { leaseMs: LEASE_MS });
  await other.handOver(lost.lease);
  const before = calls('RunQuery');
  expect(await here.renew(lost.lease, LEASE_MS)).toBe(false);
  expect(await here.cancelRequests('o')).toEqual([]);
  expect(calls('RunQuery')).toBe(before);
  expect(here.addFrames(lost.lease, [frame(0, '"late"')])).rejects.toMatchObject({ code: 'LEASE_LOST' });
});
