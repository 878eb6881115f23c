import type { Firestore } from '../../firestore/client/firestore.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import { assertRoom } from '../queue-bounds.ts';
import type { NewRun, RunRecord } from '../run-store.ts';
import { newLeaseToken } from '../lease-token.ts';
import { release } from './give-lease.ts';
import { isFree, readLease, type QueuedRun } from './lease-document.ts';
import { leaseOf, runsOf } from './paths.ts';
import { ended, newRun, readRun } from './run-document.ts';

// A session's queue is in its lease, so that whoever releases the lease, even gcp-agent, sees who is next.

/** RunStore.enqueue, in a transaction; may be retried. */
export async function enqueue(
  transaction: Transaction,
  db: Firestore,
  run: NewRun,
  isInterrupting: boolean,
  isRetry: boolean,
): Promise<RunRecord | undefined> {
  // An earlier attempt, whose response was lost, has stored the message. By now its run may have begun or ended.
  if (isRetry) {
    const stored = readRun(await transaction.get(runsOf(db).doc(run.id)));
    if (stored) return stored;
  }
  const leased = await transaction.get(leaseOf(db, run.session));
  const held = readLease(leased);
  if (!held || isFree(held, leased.readTime)) return undefined;
  const record: RunRecord = {
    ...run,
    state: 'queued',
    begunAfterMs: 0,
    takeovers: 0,
    isCancelRequested: false,
  };
  const added = { runId: run.id, bytes: bytesOf(record) };
  assertRoom(
    { count: held.queued.length, bytes: held.queued.reduce((sum, { bytes }) => sum + bytes, 0) },
    added.bytes,
  );
  if (!isInterrupting) transaction.update(leased.ref, { queued: [...held.queued, added] });
  else {
    // gcp-agent's turns cannot be cancelled from here.
    if (!held.canBeTakenOver) throw sessionBusy(undefined);
    const current = readRun(await transaction.get(runsOf(db).doc(held.runId)));
    // If the lease belongs to a run that has not begun either, the new run gets it.
    if (current?.state === 'queued') {
      const waiting: QueuedRun = { runId: held.runId, bytes: bytesOf(current) };
      transaction.update(leased.ref, {
        runId: run.id,
        fence: newLeaseToken(),
        queued: [waiting, ...held.queued],
      });
    } else transaction.update(leased.ref, { cancelRequested: true, queued: [added, ...held.queued] });
  }
  transaction.set(runsOf(db).doc(run.id), newRun(record, leased.readTime));
  return record;
}

/** RunStore.cancelQueued, in a transaction; may be retried. */
export async function cancelQueued(
  transaction: Transaction,
  db: Firestore,
  runId: string,
  nowMs: number,
  keepMs: number,
): Promise<boolean> {
  const run = await transaction.get(runsOf(db).doc(runId));
  const record = readRun(run);
  if (record?.state !== 'queued') return false;
  const leased = await transaction.get(leaseOf(db, record.session));
  const held = readLease(leased);
  transaction.update(run.ref, ended({ state: 'cancelled', nowMs }, run.readTime, keepMs));
  if (held?.runId === runId) release(transaction, leased);
  else if (held)
    transaction.update(leased.ref, { queued: held.queued.filter((queued) => queued.runId !== runId) });
  return true;
}

const bytesOf = ({ request }: RunRecord): number => Buffer.byteLength(JSON.stringify(request));
