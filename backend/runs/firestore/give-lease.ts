import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { AppError } from '../../errors/app-error.ts';
import { newLeaseToken } from '../lease-token.ts';
import type { Lease } from '../run-store.ts';
import { newLease, readLease } from './lease-document.ts';
import { leaseOf } from './paths.ts';

/** Gives a lease, already expired, to the next queued run, or deletes it. Only writes. */
export function release(transaction: Transaction, leased: DocumentSnapshot): Lease | undefined {
  const { session, queued } = readLease(leased) ?? { queued: [] };
  const [next, ...rest] = queued;
  if (!session || !next) {
    transaction.delete(leased.ref);
    return undefined;
  }
  const lease = { runId: next.runId, session, token: newLeaseToken() };
  transaction.set(leased.ref, { ...newLease({ ...lease, owner: '' }, 0, leased.readTime), queued: rest });
  return lease;
}

/** Makes a lease expire at once, under a new token that no running renewal has. Throws LEASE_LOST. */
export async function giveBack(transaction: Transaction, db: Firestore, lease: Lease): Promise<void> {
  const leased = await transaction.get(leaseOf(db, lease.session));
  if (readLease(leased)?.token !== lease.token) throw new AppError('LEASE_LOST');
  transaction.update(leased.ref, { until: leased.readTime, fence: newLeaseToken() });
}
