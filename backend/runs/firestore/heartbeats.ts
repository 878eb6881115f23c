import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import type { Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import type { ExpiredLease } from '../run-store.ts';
import { hasRunOut, later, readLease } from './lease-document.ts';
import { heartbeatOf, leasesOf } from './paths.ts';

/** A heartbeat that nobody deletes is dropped after a day. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60_000;
/** A process that looks deletes a heartbeat that ran out so long ago and holds no leases. */
const DELETED_AFTER_MS = 10_000;

/**
 * RunStore.beat, in a transaction. If calls are slow, it holds longer, until the next one is stored: from its read, that
 * is as long as its own two calls, the timer of the next one, and that one's read. In a process without CPU time the
 * timer is as late as the calls.
 */
export async function beat(
  transaction: Transaction,
  db: Firestore,
  owner: string,
  holdMs: number,
): Promise<boolean> {
  const askedAt = performance.now();
  const before = await transaction.get(heartbeatOf(db, owner));
  const callMs = performance.now() - askedAt;
  const now = before.readTime;
  transaction.set(before.ref, {
    process: owner,
    until: later(now, Math.max(holdMs, 3 * callMs + Math.max(holdMs / 2, 1.5 * callMs))),
    expireTime: later(now, FORGOTTEN_AFTER_MS),
  });
  return before.exists && !hasStopped(before, now);
}

/** Whether the process behind this document is dead or paused. Without a heartbeat the lease's own time counts. */
export function hasStopped(heartbeat: DocumentSnapshot, serverTime: Timestamp): boolean {
  const until: Timestamp | undefined = heartbeat.get('until');
  return until !== undefined && hasRunOut({ until }, serverTime);
}

/**
 * Expired leases: those that end until `now`, and those of processes, other than `self`, whose heartbeat does. `oldest`
 * is the document that ended first: a lease or a heartbeat.
 */
export async function expiredLeases(
  db: Firestore,
  oldest: DocumentSnapshot,
  now: Timestamp,
  limit: number,
  self: string,
): Promise<ExpiredLease[]> {
  const isOwn = ({ id }: DocumentSnapshot): boolean => id === heartbeatOf(db, self).id;
  const [ofOldest, { docs }] = await Promise.all([
    isOwn(oldest) ? [] : leasesOfProcess(db, oldest, now, limit),
    leasesOf(db).where('until', '<=', now).orderBy('until').limit(limit).get(),
  ]);
  const others = docs.filter((it) => it.id !== oldest.id && !isOwn(it));
  const ofOthers = await Promise.all(others.map((it) => leasesOfProcess(db, it, now, limit)));
  return [...new Map([ofOldest, ...ofOthers].flat().map((lease) => [lease.runId, lease])).values()];
}

/**
 * If the document is a heartbeat, the leases of its process. Without leases it is deleted, but not at once: a process
 * announces with such a heartbeat that it will hand over (Housekeeping).
 */
async function leasesOfProcess(
  db: Firestore,
  document: DocumentSnapshot,
  now: Timestamp,
  limit: number,
): Promise<ExpiredLease[]> {
  const owner: unknown = document.get('process');
  if (typeof owner !== 'string') return toLeases([document]);
  const { docs } = await leasesOf(db).where('owner', '==', owner).limit(limit).get();
  const until = document.get('until') as Timestamp;
  if (docs.length === 0 && hasRunOut({ until: later(until, DELETED_AFTER_MS) }, now)) await forget(document);
  return toLeases(docs);
}

/** Deletes a heartbeat, unless its process has stored another since it was read. */
async function forget({ ref, updateTime }: DocumentSnapshot): Promise<void> {
  // Another process may have deleted it.
  await ref.delete(updateTime ? { lastUpdateTime: updateTime } : {}).catch(() => undefined);
}

function toLeases(documents: readonly DocumentSnapshot[]): ExpiredLease[] {
  return documents
    .flatMap((document) => readLease(document) ?? [])
    .map(({ runId, session, token, owner }) => ({ runId, session, token, owner }));
}
