import type { DocumentReference, DocumentSnapshot } from '../firestore/client/references.ts';
import type { CompositeSessionKey } from './session-store.ts';

/** Knows the leases of runs; consulted in the transaction that stores an event. */
export interface WriterGuard {
  /** The document of the session's lease; missing while nobody holds one. */
  leaseOf(session: CompositeSessionKey): DocumentReference;
  /**
   * `token` is the writer's lease token, if it has one. Throws LEASE_LOST if another holds the lease now, SESSION_BUSY
   * if there is a lease and the writer has none.
   */
  assertMayWrite(lease: DocumentSnapshot, token: number | undefined): void;
  /** Deletes a deleted session's lease, runs and frames. Stops when `signal` is aborted. */
  forget(session: CompositeSessionKey, signal: AbortSignal): Promise<void>;
}
