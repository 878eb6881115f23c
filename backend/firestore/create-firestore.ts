import { type AuthClient, GoogleAuth } from 'google-auth-library';
import { SCOPES } from '../identity/google/google-identity.ts';
import { FirestoreError } from './client/channel.ts';
import { Firestore } from './client/firestore.ts';
import { RestChannel } from './client/rest-channel.ts';

export interface FirestoreClientOptions {
  project: string;
  /** Never `(default)`: a missing or mistyped database must not lead to production's. */
  database: string;
  /** Our identity; Google's default credentials if left out. */
  authClient?: AuthClient;
  /** host:port of an emulator on a loopback address, called without credentials. */
  emulatorHost?: string;
}

/** Time limit of one call with its retries. */
const CALL_MS = 10_000;
const ORIGIN = 'https://firestore.googleapis.com';

/** Creates the client; the first call connects. Throws a RangeError for `(default)` or an empty database name. */
export function createFirestore(options: FirestoreClientOptions): Firestore {
  const { project, database, authClient, emulatorHost } = options;
  if (!database || database === '(default)')
    throw new RangeError('Firestore is used with a database of its own name only.');
  const origin = emulatorHost ? `http://${emulatorHost}` : ORIGIN;
  const credentials = emulatorHost ? ofAdministrator : credentialsOf(authClient);
  const channel = new RestChannel({ origin, credentials, callMs: CALL_MS });
  return new Firestore({ projectId: project, databaseId: database, channel });
}

/** An emulator takes this for an administrator. */
const ofAdministrator = async () => ({ authorization: 'Bearer owner' });

/** The headers of each call. The library keeps its access token and renews it in time. */
function credentialsOf(
  client: Pick<AuthClient, 'getRequestHeaders'> = new GoogleAuth({ scopes: [...SCOPES.firestore] }),
): () => Promise<Record<string, string>> {
  return async () => {
    try {
      return Object.fromEntries(await client.getRequestHeaders(ORIGIN));
    } catch (cause) {
      // If there is a response, Google has refused the identity. Otherwise the next attempt may succeed.
      const isRefused = typeof cause === 'object' && cause !== null && 'response' in cause;
      const code = isRefused ? 'UNAUTHENTICATED' : 'UNAVAILABLE';
      throw new FirestoreError(code, 'There is no access token of Google', { cause });
    }
  };
}
