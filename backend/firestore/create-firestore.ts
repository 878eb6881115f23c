import { Firestore, type Settings } from '@google-cloud/firestore';
import { type AuthClient, PassThroughClient } from 'google-auth-library';

export interface FirestoreClientOptions {
  project: string;
  /** Never `(default)`: a database that is left out or mistyped must not be production's. */
  database: string;
  /** Who we are; Google's default credentials where it is left out. */
  authClient?: AuthClient;
  /** host:port of an emulator on a loopback address, spoken to without credentials. */
  emulatorHost?: string;
}

/** Bound of one call with its repetitions. The library's own is ten minutes, longer than anyone waits for an answer. */
const CALL_MS = 10_000;
const METHODS = ['BatchGetDocuments', 'BeginTransaction', 'Commit', 'Rollback', 'RunQuery'];

/** Opens nothing yet: the first call connects. Throws a RangeError for a database that has no name of its own. */
export function createFirestore(options: FirestoreClientOptions): Firestore {
  const { project, database, authClient, emulatorHost } = options;
  if (!database || database === '(default)')
    throw new RangeError('Firestore is used with a database of its own name only.');
  // Settings has neither the client of credentials nor the times of calls, both of which it passes on.
  const passedOn = {
    authClient: emulatorHost ? new PassThroughClient() : authClient,
    clientConfig: callTimes(),
    // Without it a refused read is asked again for seven seconds, whatever the refusal.
    gaxServerStreamingRetries: true,
  };
  return new Firestore({
    projectId: project,
    databaseId: database,
    ...(emulatorHost ? { host: emulatorHost, ssl: false } : {}),
    ...(passedOn as Settings),
  });
}

function callTimes(): object {
  const methods = METHODS.map((name) => [
    name,
    { timeout_millis: CALL_MS, retry_codes_name: 'passing', retry_params_name: 'bounded' },
  ]);
  return {
    interfaces: {
      'google.firestore.v1.Firestore': {
        retry_codes: { passing: ['UNAVAILABLE'] },
        retry_params: {
          bounded: {
            initial_retry_delay_millis: 100,
            retry_delay_multiplier: 1.5,
            max_retry_delay_millis: 2_000,
            initial_rpc_timeout_millis: CALL_MS,
            rpc_timeout_multiplier: 1,
            max_rpc_timeout_millis: CALL_MS,
            total_timeout_millis: CALL_MS,
          },
        },
        methods: Object.fromEntries(methods),
      },
    },
  };
}
