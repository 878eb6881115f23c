import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { sessionOf } from '../../sessions/firestore/paths.ts';
import { hasEnded } from '../run.ts';
import type { Lease, RunRecord, TakenRun } from '../run-store.ts';
import type { NewestEventMs } from './begin-run.ts';
import { hasStopped } from './heartbeats.ts';
import { hasRunOut, later, readLease } from './lease-document.ts';
import { heartbeatOf, leaseOf, runsOf } from './paths.ts';
import { release } from './give-lease.ts';
import { readRun } from './run-document.ts';

interface TakeOptions {
  transaction: Transaction;
  db: Firestore;
  /** The new lease. */
  lease: Lease;
  /** Token of the expired lease, and the process that held it. */
  before: number;
  heldBy: string;
  owner: string;
  leaseMs: number;
  newestEventMs: NewestEventMs;
  now: () => number;
}

/** RunStore.take, in a transaction. A lease without a run to continue is released. */
export async function takeRun(options: TakeOptions): Promise<TakenRun | undefined> {
  const { transaction, db, lease, before, heldBy, owner, leaseMs } = options;
  const references = [leaseOf(db, lease.session), runsOf(db).doc(lease.runId), heartbeatOf(db, heldBy)];
  const [leased, run, heartbeat] = (await transaction.getAll(...references)) as [
    DocumentSnapshot,
    DocumentSnapshot,
    DocumentSnapshot,
  ];
  const held = readLease(leased);
  const isOver = held && (hasRunOut(held, leased.readTime) || hasStopped(heartbeat, leased.readTime));
  if (held?.token !== before || !isOver) return undefined;
  const record = held.canBeTakenOver ? readRun(run) : undefined;
  if (!record || hasEnded(record.state)) {
    release(transaction, leased);
    return undefined;
  }
  const changes =
    record.state === 'queued' ? await beginQueued(options, record) : { takeovers: record.takeovers + 1 };
  transaction.update(leased.ref, { owner, fence: lease.token, until: later(leased.readTime, leaseMs) });
  transaction.update(run.ref, { owner, ...changes });
  return { run: { ...record, owner, ...changes, isCancelRequested: held.isCancelRequested }, lease };
}

/** The fields of a queued run that change when it begins. If its session is gone, its worker will notice. */
async function beginQueued({ transaction, db, newestEventMs, now }: TakeOptions, { session }: RunRecord) {
  const begunAfterMs = (await newestEventMs(await transaction.get(sessionOf(db, session)))) ?? 0;
  return { state: 'running' as const, begunAfterMs, startedMs: Math.round(now()) };
}
