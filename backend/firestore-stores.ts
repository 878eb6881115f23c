import type { SessionStoreConfig } from './config/config.ts';
import { createFirestore } from './firestore/create-firestore.ts';
import { type GoogleIdentity, SCOPES } from './identity/google/google-identity.ts';
import { FirestoreMemory } from './memory/firestore/firestore-memory.ts';
import { ProcessRunStore } from './runs/process/process-run-store.ts';
import { FirestoreSessionStore } from './sessions/firestore/firestore-session-store.ts';
import { FirestoreTaskRecords } from './tasks/firestore/firestore-task-records.ts';

/** Conversations and memory in Firestore; runs, which it does not hold yet, in this process. */
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
  const runs = new ProcessRunStore({ newestEventMs: (session) => sessions.newestEventMs(session) });
  const sessions = new FirestoreSessionStore({ db, guard: runs });
  return { sessions, runs, memory: new FirestoreMemory(db), tasks: new FirestoreTaskRecords({ db }) };
}
