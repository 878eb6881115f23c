import type { CompositeSessionKey } from './session-store.ts';

/** Who knows of the leases of runs, asked before an event is stored. */
export interface WriterGuard {
  /**
   * `fence` is that of the writer's lease; undefined for a writer without one.
   * Throws LEASE_LOST where the lease has gone to another, SESSION_BUSY where there is one and the writer has none.
   */
  assertMayWrite(session: CompositeSessionKey, fence: number | undefined): void;
}
