import type { AuthClient } from 'google-auth-library';

/** Our Google identity: all calls to Firestore, Cloud Storage, Vertex AI and the peer use it. */
export interface GoogleIdentity {
  readonly kind: 'federation' | 'service-account-key';
  /** Tests the identity as far as Google's token exchange, without calling an API. Throws GoogleIdentityError. */
  federate(): Promise<void>;
  /** A client for libraries that take one; it renews its access tokens by itself. */
  authClient(scopes: readonly string[]): AuthClient;
  accessToken(scopes: readonly string[]): Promise<string>;
  /** An ID token for this audience; cached until five minutes before it expires. */
  idToken(audience: string): Promise<string>;
}

export const SCOPES = {
  firestore: ['https://www.googleapis.com/auth/datastore'],
  storage: ['https://www.googleapis.com/auth/devstorage.read_write'],
  traces: ['https://www.googleapis.com/auth/trace.append'],
  cloud: ['https://www.googleapis.com/auth/cloud-platform'],
} as const;

/** Authentication with Google failed; `hop` is the step that failed, the message is for operators. */
export class GoogleIdentityError extends Error {
  readonly hop: 'task-role' | 'federation' | 'service-account';

  constructor(hop: GoogleIdentityError['hop'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GoogleIdentityError';
    this.hop = hop;
  }
}
