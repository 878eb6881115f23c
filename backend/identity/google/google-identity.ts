import type { AuthClient } from 'google-auth-library';

/** Who we are to Google: the one way in which Firestore, Cloud Storage, Vertex AI and the peer are called. */
export interface GoogleIdentity {
  readonly kind: 'federation' | 'service-account-key';
  /** Goes as far as Google knows us, and no further; for a look at what works. Throws GoogleIdentityError. */
  federate(): Promise<void>;
  /** A client that renews its access tokens by itself; for libraries that take one. */
  authClient(scopes: readonly string[]): AuthClient;
  accessToken(scopes: readonly string[]): Promise<string>;
  /** An ID token for a service that checks this audience; kept until five minutes before its end. */
  idToken(audience: string): Promise<string>;
}

export const SCOPES = {
  firestore: ['https://www.googleapis.com/auth/datastore'],
  storage: ['https://www.googleapis.com/auth/devstorage.read_write'],
  cloud: ['https://www.googleapis.com/auth/cloud-platform'],
} as const;

/** Google cannot be reached as ourselves; `hop` is where it stopped, the message is for operators. */
export class GoogleIdentityError extends Error {
  readonly hop: 'task-role' | 'federation' | 'service-account';

  constructor(hop: GoogleIdentityError['hop'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'GoogleIdentityError';
    this.hop = hop;
  }
}
