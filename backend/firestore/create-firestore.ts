import { Firestore, type Settings } from '@google-cloud/firestore';
import { type AuthClient, PassThroughClient } from 'google-auth-library';

export interface FirestoreClientOptions {
  project: string;
  /** Never `(default)`: a missing or mistyped database must not lead to production's. */
  database: string;
  /** Our identity; Google's default credentials if left out. */
  authClient?: AuthClient;
  /** host:port of an emulator on a loopback address, called without credentials. */
  emulatorHost?: string;
}

/** Time limit of one call with its retries. The library's default is ten minutes, longer than any caller waits. */
const CALL_MS = 10_000;
const METHODS = ['BatchGetDocuments', 'BeginTransaction', 'Commit', 'Rollback', 'RunQuery'];

/** Creates the client; the first call connects. Throws a RangeError for `(default)` or an empty database name. */
export function createFirestore(options: FirestoreClientOptions): Firestore {
  const { project, database, authClient, emulatorHost } = options;
  if (!database || database === '(default)')
    throw new RangeError('Firestore is used with a database of its own name only.');
  // The library passes these options on, though its type Settings does not declare them.
  const passedOn = {
    authClient: emulatorHost ? new PassThroughClient() : authClient,
    clientConfig: callTimes(),
    // Without it a refused read is retried for seven seconds, whatever the reason.
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
