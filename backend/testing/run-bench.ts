import { setLogger } from '@google/adk';
import type { Database } from 'bun:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import { loadAgents } from '../agents/load-agents.ts';
import { useModel } from '../model/gemini-llm.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import type { Logger } from '../observability/logger.ts';
import type { RunLimits, RunServiceParts } from '../runs/run-parts.ts';
import type { RunService } from '../runs/run.ts';
import { createRunService } from '../runs/run-service.ts';
import { SqliteRunStore } from '../runs/sqlite/sqlite-run-store.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog };

/** What a process of the service has of runs: its own connection to the file, its own memory. */
export interface TestProcess {
  runs: RunService;
  sessions: SqliteSessionStore;
  store: SqliteRunStore;
  database: Database;
}

/** Several processes on one store, inside one: for what does not need a real kill. */
export class RunBench {
  readonly file: string;
  readonly agents: AgentRegistry;
  readonly #folder = mkdtempSync(join(tmpdir(), 'runs-'));
  readonly #opened: TestProcess[] = [];

  private constructor(agents: AgentRegistry) {
    this.agents = agents;
    this.file = join(this.#folder, 's.sqlite');
  }

  /** `modelUrl`: the Gemini stand-in's. */
  static async open(modelUrl: string): Promise<RunBench> {
    setLogger(toAdkLogger(silentLog));
    useModel({ backend: { kind: 'stand-in', baseUrl: modelUrl }, sleep: async () => undefined });
    return new RunBench(await loadAgents({ dir: join(import.meta.dir, '../../agents'), log: silentLog }));
  }

  process(limits: Partial<RunLimits> = {}, parts: Partial<RunServiceParts> = {}): TestProcess {
    const { now = Date.now } = parts;
    const database = openDatabase(this.file);
    const sessions = new SqliteSessionStore({ database, now });
    const store = new SqliteRunStore({ database, now });
    const runs = createRunService({
      agents: this.agents,
      sessions,
      runs: store,
      log: silentLog,
      now,
      newId: () => crypto.randomUUID(),
      limits,
      ...parts,
    });
    const opened = { runs, sessions, store, database };
    this.#opened.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map(({ runs }) => runs.drain(0)));
    await Promise.all(this.#opened.map(({ sessions }) => sessions.close()));
    rmSync(this.#folder, { recursive: true });
  }
}
