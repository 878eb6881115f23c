import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { expect, test } from 'bun:test';
import { createFirestore } from '../../firestore/create-firestore.ts';
import { FirestoreSessionStore } from '../../sessions/firestore/firestore-session-store.ts';
import { until } from '../../testing/until.ts';
import type { Frame } from '../run.ts';
import { FirestoreRunStore, type FirestoreRunStoreOptions } from './firestore-run-store.ts';
import { HeldLeases } from './held-leases.ts';
import { LeaseGuard } from './lease-guard.ts';

const LEASE_MS = 60_000;
const key = { appName: 'a', userId: 'u', sessionId: 's' };
const frame = (index: number, json: string): Frame => ({ index, kind: 'event', json });

test('a process that was paused does not show its last frames if another process has ended the run with others', async () => {
  const standin = await startFirestoreStandin({ databases: ['d'], concurrencyMode: 'OPTIMISTIC' });
  const db = createFirestore({ project: 'p', database: 'd', emulatorHost: standin.host });
  try {
    const sessions = new FirestoreSessionStore({ db, guard: new LeaseGuard(db) });
    const newestEventMs: FirestoreRunStoreOptions['newestEventMs'] = (it) => sessions.newestEventMs(it);
    const open = () => new FirestoreRunStore({ db, held: new HeldLeases(), newestEventMs });
    const [paused, other] = [open(), open()];
    await sessions.createSession(key);
    const run = {
      id: 'r',
      session: key,
      invocationId: 'i',
      startedMs: 0,
      request: { ...key, streaming: true },
    };
    const { lease } = await paused.begin({ ...run, owner: 'paused' }, LEASE_MS);
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
  } finally {
    await db.terminate();
    standin.stop();
  }
});

test('while it is not known whether a run is allowed, its session is read, and nothing is stored', async () => {
  const standin = await startFirestoreStandin({ databases: ['d'] });
  const db = createFirestore({ project: 'p', database: 'd', emulatorHost: standin.host });
  try {
    const guard = new LeaseGuard(db);
    const sessions = new FirestoreSessionStore({ db, guard });
    const store = new FirestoreRunStore({
      db,
      held: guard.held,
      newestEventMs: (session, shared) => sessions.newestEventMs(session, shared),
    });
    await sessions.createSession(key);
    const calls = (name: string): number => standin.calls.get(name) ?? 0;
    const [reads, commits] = [calls('BatchGetDocuments'), calls('Commit')];
    const request = { ...key, streaming: true };
    const run = { id: 'r', session: key, invocationId: 'i', owner: 'o', startedMs: 0, request };
    const allowed = Promise.withResolvers<void>();
    const beginning = store.begin(run, LEASE_MS, true, allowed.promise);
    await until(() => calls('BatchGetDocuments') > reads);
    expect(calls('Commit')).toBe(commits);
    allowed.resolve();
    const { stored } = await beginning;
    await stored?.();
    expect(calls('Commit')).toBe(commits + 1);
  } finally {
    await db.terminate();
    standin.stop();
  }
});
