import type { Firestore } from '../../backend/firestore/client/firestore.ts';
import { createFirestore } from '../../backend/firestore/create-firestore.ts';
import {
  FirestoreSessionStore,
  type FirestoreSessionStoreOptions,
} from '../../backend/sessions/firestore/firestore-session-store.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { startPythonAdk, type PythonAdk } from './python-adk.ts';

export const PROJECT = 'lornu';
export const DATABASE = 'staging';

/** One Firestore and the services that use it. */
export interface FirestoreFixture {
  standin: FirestoreStandin;
  db: Firestore;
  store: FirestoreSessionStore;
  /** Another process of ours, without shared memory. */
  another: (options?: Partial<FirestoreSessionStoreOptions>) => FirestoreSessionStore;
  python: PythonAdk;
  close: () => Promise<void>;
}

/** Python is started by the first request to it. */
export async function openFixture(): Promise<FirestoreFixture> {
  const standin = await startFirestoreStandin({ databases: [DATABASE] });
  const connect = () => createFirestore({ project: PROJECT, database: DATABASE, emulatorHost: standin.host });
  const db = connect();
  const stores = [new FirestoreSessionStore({ db })];
  let python: PythonAdk | undefined;
  const started = () => (python ??= startPythonAdk(standin.host, PROJECT, DATABASE));
  return {
    standin,
    db,
    store: stores[0]!,
    another: (options = {}) => {
      const store = new FirestoreSessionStore({ db: connect(), ...options });
      stores.push(store);
      return store;
    },
    python: { ask: (request) => started().ask(request), stop: async () => python?.stop() },
    close: async () => {
      await python?.stop();
      await Promise.all(stores.map((store) => store.close()));
      standin.stop();
    },
  };
}
