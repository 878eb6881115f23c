import type { DocumentReference, DocumentSnapshot } from '../firestore/client/references.ts';
import type { WriteBatch } from '../firestore/client/transaction.ts';
import type { CompositeSessionKey } from './session-store.ts';

/** A lease of this process. */
export interface WriterLease {
  /**
   * Stores what `add` adds in one call, on the condition that the lease is as this process knows it. Undefined if it is
   * not, or that is not known: the lease has to be read. Throws LEASE_LOST if it was never given.
   */
  commit(add: (batch: WriteBatch) => void): Promise<WriteBatch | undefined>;
  /** `work` after the earlier writes under the lease. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** Knows the leases of runs; consulted in the transaction that stores an event. */
export interface WriterGuard {
  /** The document of the session's lease; missing while nobody holds one. */
  leaseOf(session: CompositeSessionKey): DocumentReference;
  /** The lease with this token, if this process holds it. */
  heldBy(token: number | undefined): WriterLease | undefined;
  /**
   * `token` is the writer's lease token, if it has one. Throws LEASE_LOST if another holds the lease now, SESSION_BUSY
   * if there is a lease and the writer has none.
   */
  assertMayWrite(lease: DocumentSnapshot, token: number | undefined): void;
  /** Deletes a deleted session's lease, runs and frames. Stops when `signal` is aborted. */
  forget(session: CompositeSessionKey, signal: AbortSignal): Promise<void>;
}
