import { setLogger } from '@google/adk';
import type { Firestore } from '../firestore/client/firestore.ts';
import type { Database } from 'bun:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { loadAgents } from '../agents/load-agents.ts';
import { createFirestore } from '../firestore/create-firestore.ts';
import { useModel } from '../model/gemini-llm.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import type { Logger } from '../observability/logger.ts';
import type { SpendStore } from '../runs/budgets.ts';
import { FirestoreSpend } from '../runs/firestore/firestore-spend.ts';
import { SqliteSpend } from '../runs/sqlite/sqlite-spend.ts';
import { FirestoreOperatorStore } from '../runs/firestore/firestore-operator-store.ts';
import { FirestoreRunStore, type FirestoreRunStoreOptions } from '../runs/firestore/firestore-run-store.ts';
import { LeaseGuard } from '../runs/firestore/lease-guard.ts';
import type { OperatorStore } from '../runs/operator-store.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { RunLimits, RunServiceDeps } from '../runs/run-options.ts';
import type { RunService } from '../runs/run.ts';
import { createRunService } from '../runs/run-service.ts';
import { SqliteOperatorStore } from '../runs/sqlite/sqlite-operator-store.ts';
import { SqliteRunStore } from '../runs/sqlite/sqlite-run-store.ts';
import {
  FirestoreSessionStore,
  type FirestoreSessionStoreOptions,
} from '../sessions/firestore/firestore-session-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog };

/** One process of the service: its own connection to the file, its own memory. */
export interface TestProcess {
  runs: RunService;
  sessions: SessionStore;
  store: RunStore;
  operator: OperatorStore;
  spend: SpendStore;
}

/** Opens one process's connection to the shared store. */
export type OpenStores<S> = (
  now: () => number,
) => S & Pick<TestProcess, 'sessions' | 'store' | 'operator' | 'spend'>;

/** Simulates several processes on one store inside one process, for tests that need no real kill. */
export class RunBench<S = { database: Database }> {
  readonly agents: AgentRegistry;
  readonly #openStores: OpenStores<S>;
  readonly #dispose: (opened: readonly TestProcess[]) => Promise<void>;
  readonly #opened: TestProcess[] = [];

  constructor(
    agents: AgentRegistry,
    openStores: OpenStores<S>,
    dispose: (opened: readonly TestProcess[]) => Promise<void>,
  ) {
    this.agents = agents;
    this.#openStores = openStores;
    this.#dispose = dispose;
  }

  process(limits: Partial<RunLimits> = {}, parts: Partial<RunServiceDeps> = {}): TestProcess & S {
    const { now = Date.now } = parts;
    const stores = this.#openStores(now);
    const runs = createRunService({
      agents: this.agents,
      sessions: stores.sessions,
      runs: stores.store,
      log: silentLog,
      now,
      newId: () => crypto.randomUUID(),
      limits,
      stopSentence: (runId) => stores.operator.stopSentence(runId),
      ...parts,
    });
    const opened = { ...stores, runs };
    this.#opened.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map(({ runs }) => runs.drain(0)));
    await this.#dispose(this.#opened);
  }
}

/** A RunBench on one SQLite file. `modelUrl` is the Gemini stand-in. */
export async function openRunBench(
  modelUrl: string,
): Promise<RunBench<{ database: Database }> & { file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'));
  const file = join(folder, 's.sqlite');
  const open: OpenStores<{ database: Database }> = (now) => {
    const database = openDatabase(file);
    const sessions = new SqliteSessionStore({ database, now });
    const store = new SqliteRunStore({ database, now });
    return {
      database,
      sessions,
      store,
      operator: new SqliteOperatorStore(database),
      spend: new SqliteSpend(database),
    };
  };
  const agents = await useStandin(modelUrl);
  const dispose = async (opened: readonly TestProcess[]): Promise<void> => {
    await Promise.all(opened.map(({ sessions }) => sessions.close()));
    rmSync(folder, { recursive: true });
  };
  return Object.assign(new RunBench(agents, open, dispose), { file });
}

/** A RunBench on a Firestore stand-in, with short polling intervals. */
export async function openFirestoreBench(
  modelUrl: string,
  standin: { host: string; stop: () => void },
  options: Partial<FirestoreRunStoreOptions> &
    Pick<FirestoreSessionStoreOptions, 'waitMs' | 'patienceMs'> = {},
): Promise<RunBench<{ db: Firestore }>> {
  const open: OpenStores<{ db: Firestore }> = (now) => {
    const db = createFirestore({ project: 'lornu', database: 'staging', emulatorHost: standin.host });
    const { waitMs, patienceMs } = options;
    const guard = new LeaseGuard(db);
    const sessions = new FirestoreSessionStore({
      db,
      now,
      guard,
      ...(waitMs === undefined ? {} : { waitMs }),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
    const store = new FirestoreRunStore({
      db,
      held: guard.held,
      now,
      newestEventMs: (session, shared) => sessions.newestEventMs(session, shared),
      lookEveryMs: 50,
      busyLookEveryMs: 50,
      ...options,
    });
    return { db, sessions, store, operator: new FirestoreOperatorStore(db), spend: new FirestoreSpend(db) };
  };
  return new RunBench(await useStandin(modelUrl), open, async () => standin.stop());
}

async function useStandin(modelUrl: string): Promise<AgentRegistry> {
  setLogger(toAdkLogger(silentLog));
  useModel({ backend: { kind: 'stand-in', baseUrl: modelUrl }, sleep: async () => undefined });
  return loadAgents({ dir: join(import.meta.dir, '../../agents'), log: silentLog });
}
