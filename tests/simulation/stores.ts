import { AppError } from '@lornu/backend/errors/app-error.ts';
import { Firestore } from '@lornu/backend/firestore/client/firestore.ts';
import { FirestoreRunStore } from '@lornu/backend/runs/firestore/firestore-run-store.ts';
import { LeaseGuard } from '@lornu/backend/runs/firestore/lease-guard.ts';
import type { RunStore } from '@lornu/backend/runs/run-store.ts';
import { SqliteRunStore } from '@lornu/backend/runs/sqlite/sqlite-run-store.ts';
import { FirestoreSessionStore } from '@lornu/backend/sessions/firestore/firestore-session-store.ts';
import type { SessionStore } from '@lornu/backend/sessions/session-store.ts';
import { SqliteSessionStore } from '@lornu/backend/sessions/sqlite/sqlite-session-store.ts';
import type { Backend } from '@lornu/standins/firestore/backend.ts';
import type { Database } from 'bun:sqlite';
import { connectionTo, emptyDatabase } from './shared-database.ts';
import { emptyFirestore, SimulatedChannel, type Network } from './simulated-firestore.ts';

export type StoreKind = 'SQLite' | 'Firestore';
/** The storage that the processes of a scenario share. */
export type SharedStore = { kind: 'SQLite'; database: Database } | { kind: 'Firestore'; server: Backend };

/** The polling intervals of the processes: longer than in production, because most polls find nothing. */
export const LOOK_EVERY_MS = 500;
/** The same for a run of another process on Firestore, where a look is two calls. */
const LOOK_AT_RUN_EVERY_MS = 1_000;
/** How long a call waits for an unavailable SQLite file. */
const STORE_WAIT_MS = 600;

export function emptyStore(kind: StoreKind): SharedStore {
  return kind === 'SQLite' ? { kind, database: emptyDatabase() } : { kind, server: emptyFirestore() };
}

/** One process's stores on the shared storage. */
export function openStores(
  shared: SharedStore,
  network: Network,
): { sessions: SessionStore; runs: RunStore } {
  if (shared.kind === 'Firestore') {
    const channel = new SimulatedChannel(shared.server, network);
    const db = new Firestore({ projectId: 'simulation', databaseId: 'simulation', channel });
    const guard = new LeaseGuard(db);
    const sessions = new FirestoreSessionStore({ db, guard });
    const runs = new FirestoreRunStore({
      db,
      held: guard.held,
      newestEventMs: (session, states) => sessions.newestEventMs(session, states),
    });
    return { sessions, runs: looking(runs, LOOK_AT_RUN_EVERY_MS) };
  }
  const database = connectionTo(shared.database);
  const through = <T extends object>(target: T): T => gated(target, (call) => delayed(network, call));
  return {
    sessions: through(new SqliteSessionStore({ database }) as SessionStore),
    runs: through(sqliteRuns(database, network)),
  };
}

function sqliteRuns(database: Database, { time }: Network): SqliteRunStore {
  return looking(new SqliteRunStore({ database, uptimeMs: () => time.now }), LOOK_EVERY_MS);
}

function looking<T extends RunStore>(store: T, lookEveryMs: number): T {
  return Object.assign(store, { pacing: store.pacing.with({ lookEveryMs }) });
}

/** Adds a delay to a call of the SQLite store, and fails the call while the store is unavailable. */
async function delayed<T>(network: Network, call: () => Promise<T>): Promise<T> {
  const { time, random, isCalm, isAway, latencyMs, answerMs, hasStored } = network;
  if (isCalm()) return call();
  await time.sleep(latencyMs());
  if (isAway()) {
    await time.sleep(random() * STORE_WAIT_MS);
    if (isAway()) throw new AppError('STORE_UNAVAILABLE');
  }
  const result = await call();
  const isInterrupted = hasStored();
  if (random() < 0.3 || isInterrupted) await time.sleep(answerMs());
  return result;
}

/** Asynchronous calls go through the gate; synchronous ones do not. */
function gated<T extends object>(target: T, gate: <R>(call: () => Promise<R>) => Promise<R>): T {
  const known = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get: (_, key) => {
      const value: unknown = known.get(key) ?? Reflect.get(target, key, target);
      if (typeof value !== 'function' || known.has(key)) return value;
      const isAsync = value.constructor.name === 'AsyncFunction';
      const method = isAsync
        ? (...args: unknown[]) => gate(() => value.apply(target, args) as Promise<unknown>)
        : value.bind(target);
      known.set(key, method);
      return method;
    },
  });
}
