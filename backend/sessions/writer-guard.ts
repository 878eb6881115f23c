import type { DocumentReference, DocumentSnapshot } from '@google-cloud/firestore';
import type { CompositeSessionKey } from './session-store.ts';

/** Who knows of the leases of runs, asked in the transaction that stores an event. */
export interface WriterGuard {
  /** The document that says who may write to a session; absent while nobody has a lease. */
  leaseOf(session: CompositeSessionKey): DocumentReference;
  /**
   * `token` is that of the writer's lease; undefined for a writer without one.
   * Throws LEASE_LOST where the lease has gone to another, SESSION_BUSY where there is one and the writer has none.
   */
  assertMayWrite(lease: DocumentSnapshot, token: number | undefined): void;
  /** The session is deleted: its lease, its runs and their frames go too. Stops once nobody waits (`signal`). */
  forget(session: CompositeSessionKey, signal: AbortSignal): Promise<void>;
}
