import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentSnapshot } from '../../firestore/client/references.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { sessionOf } from '../../sessions/firestore/paths.ts';
import type { NewRun, RunRecord } from '../run-store.ts';
import { isFree, newLease, readLease } from './lease-document.ts';
import { knownRunOf } from './lease-guard.ts';
import { leaseOf, runsOf } from './paths.ts';
import { newRun } from './run-document.ts';

interface BeginOptions {
  transaction: Transaction;
  db: Firestore;
  run: NewRun;
  /** Of the new lease. */
  token: number;
  leaseMs: number;
  /** An earlier attempt may have been stored. */
  isRetry: boolean;
  newestEventMs: (session: DocumentSnapshot) => Promise<number | undefined>;
  /** Called if the session has a running run. */
  onBusy: () => void;
}

/** RunStore.begin, in a transaction. */
export async function beginRun(options: BeginOptions): Promise<RunRecord> {
  const { transaction, db, run, token, leaseMs, isRetry, newestEventMs, onBusy } = options;
  const { session, id: runId, owner } = run;
  const references = [sessionOf(db, session), leaseOf(db, session)];
  if (isRetry) references.push(runsOf(db).doc(runId));
  const [document, leased, stored] = (await transaction.getAll(...references)) as [
    DocumentSnapshot,
    DocumentSnapshot,
    DocumentSnapshot?,
  ];
  const held = readLease(leased);
  const isOurs = held?.token === token;
  // A lost response: an earlier attempt has stored the run, and another process runs it or has ended it.
  if (!isOurs && stored?.exists) throw new AppError('STORE_UNAVAILABLE');
  if (held && !isOurs && !isFree(held, leased.readTime)) {
    onBusy();
    throw sessionBusy(knownRunOf(held));
  }
  const begunAfterMs = await newestEventMs(document);
  if (begunAfterMs === undefined)
    throw new AppError('SESSION_NOT_FOUND', `Session not found: ${session.sessionId}`);
  const record: RunRecord = {
    ...run,
    state: 'running',
    begunAfterMs,
    takeovers: 0,
    isCancelRequested: false,
  };
  // An earlier attempt whose response was lost has stored it.
  if (isOurs) return record;
  transaction.set(leased.ref, newLease({ session, runId, owner, token }, leaseMs, leased.readTime));
  transaction.set(runsOf(db).doc(runId), newRun(record, leased.readTime));
  return record;
}
