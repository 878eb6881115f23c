import type { SessionStoreConfig } from './config/config.ts';
import { createFirestore } from './firestore/create-firestore.ts';
import { type GoogleIdentity, SCOPES } from './identity/google/google-identity.ts';
import { FirestoreMemory } from './memory/firestore/firestore-memory.ts';
import { FirestoreOperatorStore } from './runs/firestore/firestore-operator-store.ts';
import { FirestoreSpend } from './runs/firestore/firestore-spend.ts';
import { FirestoreRunStore } from './runs/firestore/firestore-run-store.ts';
import { LeaseGuard } from './runs/firestore/lease-guard.ts';
import { FirestoreSessionStore } from './sessions/firestore/firestore-session-store.ts';
import { FirestoreTaskRecords } from './tasks/firestore/firestore-task-records.ts';

/** A caller that uses less than this share of its limits at a process costs no reads and no writes there. */
const COUNTED_FROM = 1 / 10;

/** Opens the Firestore stores: sessions, runs, memory and A2A tasks. */
export function openFirestoreStores(
  { database, project, emulatorHost }: Extract<SessionStoreConfig, { kind: 'firestore' }>,
  google: GoogleIdentity | undefined,
) {
  const authClient = emulatorHost ? undefined : google?.authClient(SCOPES.firestore);
  const db = createFirestore({
    project,
    database,
    ...(authClient ? { authClient } : {}),
    ...(emulatorHost ? { emulatorHost } : {}),
  });
  const guard = new LeaseGuard(db);
  const sessions = new FirestoreSessionStore({ db, guard });
  const runs = new FirestoreRunStore({
    db,
    held: guard.held,
    newestEventMs: (session, shared) => sessions.newestEventMs(session, shared),
  });
  const operator = new FirestoreOperatorStore(db);
  return {
    sessions,
    runs,
    operator,
    memory: new FirestoreMemory(db),
    tasks: new FirestoreTaskRecords({ db }),
    spend: new FirestoreSpend(db),
    counts: { store: new FirestoreSpend(db, 'count'), from: COUNTED_FROM },
  };
}
