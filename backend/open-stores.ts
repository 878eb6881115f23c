import { SqliteTaskRecords } from './tasks/sqlite/sqlite-task-records.ts';
import type { TaskRecords } from './tasks/task-records.ts';
import type { Config } from './config/config.ts';
import type { GoogleIdentity } from './identity/google/google-identity.ts';
import type { MemoryService } from './memory/memory-service.ts';
import { SqliteMemory } from './memory/sqlite/sqlite-memory.ts';
import type { Logger } from './observability/logger.ts';
import type { OperatorStore } from './runs/operator-store.ts';
import type { SharedCountsOptions } from './identity/limits/shared-counts.ts';
import type { SpendStore } from './runs/budgets.ts';
import type { RunStore } from './runs/run-store.ts';
import { SqliteSpend } from './runs/sqlite/sqlite-spend.ts';
import { SqliteOperatorStore } from './runs/sqlite/sqlite-operator-store.ts';
import { SqliteRunStore } from './runs/sqlite/sqlite-run-store.ts';
import type { SessionStore } from './sessions/session-store.ts';
import { Checkpointer } from './sqlite/checkpointer.ts';
import { openDatabase } from './sessions/sqlite/database.ts';
import { SqliteSessionStore } from './sessions/sqlite/sqlite-session-store.ts';

export interface Stores {
  sessions: SessionStore;
  runs: RunStore;
  operator: OperatorStore;
  memory: MemoryService;
  tasks: TaskRecords;
  spend: SpendStore;
  /** What callers have done at all processes. */
  counts: Pick<SharedCountsOptions, 'store' | 'from'>;
}

/** The database's name in terraform/gcp. */
const EXPECTED_DATABASE = 'staging';

/** Opens the configured stores for sessions, runs and memory. */
export async function openStores(
  config: Config,
  google: GoogleIdentity | undefined,
  log: Logger,
): Promise<Stores> {
  const { sessions } = config;
  if (sessions.kind === 'sqlite') {
    const { file } = sessions;
    const database = openDatabase(file);
    const checkpointer = new Checkpointer({ database, file, log });
    return {
      sessions: new SqliteSessionStore({ database, beforeClose: () => checkpointer.stop() }),
      runs: new SqliteRunStore({ database }),
      // After the tables that it reads.
      operator: new SqliteOperatorStore(database),
      memory: new SqliteMemory(config.memoryFile),
      tasks: new SqliteTaskRecords({ database }),
      spend: new SqliteSpend(database),
      counts: { store: new SqliteSpend(database, 'caller_counts') },
    };
  }
  const { database, project, emulatorHost } = sessions;
  log.info('sessions are kept in Firestore', {
    project,
    database,
    ...(emulatorHost ? { emulatorHost } : {}),
  });
  if (config.environment === 'staging' && database !== EXPECTED_DATABASE)
    log.warn('the Firestore database has another name than expected', {
      database,
      expected: EXPECTED_DATABASE,
    });
  // The Firestore client is large: load it only if it is used.
  const { openFirestoreStores } = await import('./firestore-stores.ts');
  return openFirestoreStores(sessions, google);
}
