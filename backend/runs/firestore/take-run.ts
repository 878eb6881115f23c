import type { DocumentSnapshot, Firestore, Transaction } from '@google-cloud/firestore';
import { sessionOf } from '../../sessions/firestore/paths.ts';
import { hasEnded } from '../run.ts';
import type { Lease, RunRecord, TakenRun } from '../run-store.ts';
import { hasRunOut, later, readLease } from './lease-document.ts';
import { leaseOf, runsOf } from './paths.ts';
import { release } from './give-lease.ts';
import { readRun } from './run-document.ts';

interface TakeOptions {
  transaction: Transaction;
  db: Firestore;
  /** The new lease. */
  lease: Lease;
  /** Token of the expired lease. */
  before: number;
  owner: string;
  leaseMs: number;
  newestEventMs: (session: DocumentSnapshot) => Promise<number | undefined>;
  now: () => number;
}

/** RunStore.take, in a transaction. A lease without a run to continue is released. */
export async function takeRun(options: TakeOptions): Promise<TakenRun | undefined> {
  const { transaction, db, lease, before, owner, leaseMs } = options;
  const leased = await transaction.get(leaseOf(db, lease.session));
  const held = readLease(leased);
  if (held?.token !== before || !hasRunOut(held, leased.readTime)) return undefined;
  const run = held.canBeTakenOver ? await transaction.get(runsOf(db).doc(held.runId)) : undefined;
  const record = run && readRun(run);
  if (!run || !record || hasEnded(record.state)) {
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
