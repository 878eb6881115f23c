import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import type { Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction, WriteBatch } from '../../firestore/client/transaction.ts';
import { transact } from '../../firestore/transact.ts';
import { appStateOf, sessionOf, userStateOf } from '../../sessions/firestore/paths.ts';
import type { NewRun, RunRecord } from '../run-store.ts';
import { isFree, newLease, readLease } from './lease-document.ts';
import { knownRunOf } from './lease-guard.ts';
import { leaseOf, runsOf } from './paths.ts';
import { newRun } from './run-document.ts';

/**
 * Time of the newest event of a session whose document was just read, in milliseconds; undefined if there is no session.
 * `shared`: the states of its app and of its user, if they were read with it.
 */
export type NewestEventMs = (
  session: DocumentSnapshot,
  shared?: readonly DocumentSnapshot[],
) => Promise<number | undefined>;

interface BeginOptions {
  db: Firestore;
  run: NewRun;
  /** Of the new lease. */
  token: number;
  leaseMs: number;
  newestEventMs: NewestEventMs;
  /** Called if the session has a running run. */
  onBusy: () => void;
}

/** A run that may begin. */
interface Found {
  record: RunRecord;
  session: DocumentSnapshot;
  /** Whether an earlier attempt has stored it. */
  isStored: boolean;
  /** Whether the session has no lease at all, not even one of gcp-agent that has expired. */
  isFirst: boolean;
  /** Adds its lease and the run to a commit. */
  write: (batch: WriteBatch) => void;
}

/** RunStore.begin: either opened with one read and stored with the run's message, or stored in a transaction. */
export class RunBeginning {
  readonly #options: BeginOptions;
  #opened: Found | undefined;
  #attempts = 0;
  #last: Transaction | undefined;

  constructor(options: BeginOptions) {
    this.#options = options;
  }

  /**
   * Reads whether the run may begin, and all that its session needs. `write` of the result is refused if there is a lease
   * by then. Undefined if it has to be stored in a transaction. Throws as RunStore.begin does.
   */
  async open(): Promise<Found | undefined> {
    const { db, run } = this.#options;
    const states = [appStateOf(db, run.session.appName), userStateOf(db, run.session)];
    const references = this.#references();
    const found = await db.getAll(...references, ...states);
    this.#opened = await this.#find(found, found.slice(references.length));
    return this.#opened.isFirst ? this.#opened : undefined;
  }

  /**
   * Throws as RunStore.begin does, and SESSION_CHANGED if the session is not as it was when it was opened: the turn that
   * is under way has read it.
   */
  async store(signal: AbortSignal, maxAttempts: number): Promise<RunRecord> {
    const work = async (transaction: Transaction): Promise<RunRecord> => {
      this.#last = transaction;
      const read = await transaction.getAll(...this.#references());
      const { record, session, isStored, write } = await this.#find(read);
      if (isStored) return record;
      const before = this.#opened?.isFirst ? this.#opened.session.updateTime : undefined;
      if (before && String(before) !== String(session.updateTime)) throw new AppError('SESSION_CHANGED');
      write(transaction);
      return record;
    };
    return transact(this.#options.db, work, { signal, maxAttempts });
  }

  /** When the transaction has written the lease; undefined if it did not. */
  get writtenAt(): Timestamp | undefined {
    return this.#last?.timeOf(leaseOf(this.#options.db, this.#options.run.session));
  }

  #references(): DocumentReference[] {
    const { db, run } = this.#options;
    const references = [sessionOf(db, run.session), leaseOf(db, run.session)];
    // An earlier attempt may have been stored.
    if (this.#attempts++ > 0) references.push(runsOf(db).doc(run.id));
    return references;
  }

  async #find(read: readonly DocumentSnapshot[], shared?: readonly DocumentSnapshot[]): Promise<Found> {
    const { db, run, token, leaseMs, newestEventMs, onBusy } = this.#options;
    const { session, id: runId, owner } = run;
    const [document, leased] = read as [DocumentSnapshot, DocumentSnapshot];
    const stored = read.find(({ ref }) => ref.path === runsOf(db).doc(runId).path);
    const held = readLease(leased);
    const isOurs = held?.token === token;
    // A lost response: an earlier attempt has stored the run, and another process runs it or has ended it.
    if (!isOurs && stored?.exists) throw new AppError('STORE_UNAVAILABLE');
    if (held && !isOurs && !isFree(held, leased.readTime)) {
      onBusy();
      throw sessionBusy(knownRunOf(held));
    }
    const begunAfterMs = await newestEventMs(document, shared);
    if (begunAfterMs === undefined)
      throw new AppError('SESSION_NOT_FOUND', `Session not found: ${session.sessionId}`);
    const record: RunRecord = {
      ...run,
      state: 'running',
      begunAfterMs,
      takeovers: 0,
      isCancelRequested: false,
    };
    const write = (batch: WriteBatch): void => {
      const lease = newLease({ session, runId, owner, token }, leaseMs, leased.readTime);
      if (leased.exists) batch.set(leased.ref, lease);
      else batch.create(leased.ref, lease);
      batch.create(runsOf(db).doc(runId), newRun(record, leased.readTime));
    };
    return { record, session: document, isStored: isOurs, isFirst: !leased.exists, write };
  }
}
