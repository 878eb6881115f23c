import { BaseAgent, LlmAgent, createEvent, type Event } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.ts';
import { SqliteTaskRecords } from '../tasks/sqlite/sqlite-task-records.ts';
import { parseConfig, type Environment } from '../config/config.ts';
import { ArtifactService } from '../artifacts/artifact-service.ts';
import { DiskArtifactFiles } from '../artifacts/disk/disk-artifact-files.ts';
import { createCallers } from '../identity/callers.ts';
import type { IdentityBindings } from '../identity/identify-caller.ts';
import { fixedSecret } from '../identity/secrets/secret.ts';
import { SqliteMemory } from '../memory/sqlite/sqlite-memory.ts';
import { createJsonLogger } from '../observability/json-logger.ts';
import { Readiness } from '../observability/readiness.ts';
import { RunOperator } from '../runs/run-operator.ts';
import { SqliteOperatorStore } from '../runs/sqlite/sqlite-operator-store.ts';
import { SqliteRunStore } from '../runs/sqlite/sqlite-run-store.ts';
import type { Services } from '../services.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';
import { ScriptedRuns } from './scripted-runs.ts';

/** A root agent that is not an LlmAgent. */
class PlainAgent extends BaseAgent {
  protected override async *runAsyncImpl(): AsyncGenerator<Event, void, void> {
    yield createEvent({ author: this.name });
  }

  protected override async *runLiveImpl(): AsyncGenerator<Event, void, void> {
    yield createEvent({ author: this.name });
  }
}

export interface TestApp {
  /** Sends a request to the app in-process. */
  request: (path: string, init?: RequestInit) => Promise<Response>;
  /** The app's fetch handler, for a listener or with properties of a connection. */
  fetch: (request: Request, bindings?: IdentityBindings) => Promise<Response>;
  services: Services;
  runs: ScriptedRuns;
  /** All log lines, parsed. */
  logged: Record<string, unknown>[];
}

/** The real app on an in-memory session store, with scripted turns. */
export function createTestApp(environment: Environment = {}, overrides: Partial<Services> = {}): TestApp {
  const config = parseConfig({ GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1', ...environment });
  const logged: Record<string, unknown>[] = [];
  const database = openDatabase(':memory:');
  const sessions = new SqliteSessionStore({ database });
  const runs = new ScriptedRuns(sessions);
  const runStore = new SqliteRunStore({ database });
  const root = new LlmAgent({
    name: 'root',
    model: MODEL,
    description: 'Answers.',
    instruction: 'Be short.',
    subAgents: [new LlmAgent({ name: 'helper', instruction: () => 'from state' })],
  });
  const log = createJsonLogger({
    level: 'debug',
    now: Date.now,
    write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>),
  });
  const { oidcClientSecret, sessionKey } = config.identity.secrets;
  const services: Services = {
    agents: {
      agents: new Map([
        ['lornu', { appName: 'lornu', rootAgent: root }],
        ['plain', { appName: 'plain', rootAgent: new PlainAgent({ name: 'plain' }) }],
      ]),
      broken: [{ appName: 'broken', reason: 'agent.ts cannot be imported.' }],
    },
    sessions,
    runs,
    operator: new RunOperator({ runs: runStore, store: new SqliteOperatorStore(database), now: Date.now }),
    artifacts: new ArtifactService(new DiskArtifactFiles(temporaryDir()), config.limits.uploadBytes),
    memory: new SqliteMemory(':memory:'),
    tasks: new SqliteTaskRecords({ database }),
    push: undefined,
    signer: undefined,
    callers: createCallers(config, {
      fetch,
      now: Date.now,
      newId: () => crypto.randomUUID(),
      log,
      secrets: {
        oidcClientSecret: fixedSecret(oidcClientSecret.initial),
        sessionKey: fixedSecret(sessionKey.initial),
      },
    }),
    log,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    readiness: new Readiness({ probes: [] }),
    metrics: undefined,
    isDraining: () => false,
    ...overrides,
  };
  const app = createApp(config, services);
  return {
    request: async (path, init) => app.fetch(new Request(`http://127.0.0.1${path}`, init)),
    fetch: async (request, bindings) => app.fetch(request, bindings),
    services,
    runs,
    logged,
  };
}

/** A POST or PATCH request with a JSON body. */
export function json(body: unknown, method = 'POST'): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

let root: string | undefined;

/** The path of a new folder. */
function temporaryDir(): string {
  root ??= mkdtempSync(join(tmpdir(), 'lornu-test-'));
  return join(root, crypto.randomUUID());
}
