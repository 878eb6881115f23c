import { AppError } from '../../errors/app-error.ts';
import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction, WriteBatch } from '../../firestore/client/transaction.ts';
import type { EndState, Frame, TokenUse } from '../run.ts';
import type { Lease, RunProgress } from '../run-store.ts';
import { commitsOf, toDocuments, type FrameDocument } from './frame-documents.ts';
import { giveBack, release } from './give-lease.ts';
import type { HeldLeases } from './held-leases.ts';
import { expireTime, later, readLease } from './lease-document.ts';
import type { LeasePolls } from './lease-polls.ts';
import { framesOf, leaseOf, runsOf } from './paths.ts';
import { ended } from './run-document.ts';
import type { StoreCalls } from './store-calls.ts';

export interface LeaseWriterDeps {
  db: Firestore;
  calls: StoreCalls;
  held: HeldLeases;
  polls: LeasePolls;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How long an ended run can be read, in milliseconds. */
  keepMs: number;
}

/** From the run's start: longer than a run may take plus the time it can be read afterwards. */
const FRAMES_KEPT_MS = 2 * 60 * 60_000;

/** The part of RunStore that writes under a lease of this process: renewals, frames, the end of a run. */
export class LeaseWriter {
  readonly #deps: LeaseWriterDeps;

  constructor(deps: LeaseWriterDeps) {
    this.#deps = deps;
  }

  async renew(lease: Lease, leaseMs: number, progress?: RunProgress): Promise<boolean> {
    const held = this.#deps.held.get(lease.token);
    // It is about to be stored.
    if (held?.isBeginning) return true;
    if (held?.isRefused) return false;
    const document = leaseOf(this.#deps.db, lease.session);
    let last: Transaction | undefined;
    let hasQueue = false;
    const isHeld = await this.#deps.calls.inTransaction(async (transaction) => {
      last = transaction;
      const leased = await transaction.get(document);
      if (!this.#isHeld(leased, lease)) return false;
      hasQueue = (readLease(leased)?.queued.length ?? 0) > 0;
      transaction.update(document, { until: later(leased.readTime, leaseMs), ...progress });
      return true;
    });
    held?.note(last?.timeOf(document), hasQueue);
    return isHeld;
  }

  async addFrames(lease: Lease, frames: readonly Frame[]): Promise<void> {
    const documents = toDocuments(frames, expireTime(this.#deps.now() + FRAMES_KEPT_MS));
    for (const commit of commitsOf(documents)) await this.#storeFrames(lease, commit);
  }

  async end(
    lease: Lease,
    state: EndState,
    frames: readonly Frame[],
    usage?: TokenUse,
  ): Promise<Lease | undefined> {
    const commits = commitsOf(toDocuments(frames, expireTime(this.#deps.now() + FRAMES_KEPT_MS)));
    const last = commits.pop() ?? [];
    try {
      for (const commit of commits) await this.#storeFrames(lease, commit);
      const run = runsOf(this.#deps.db).doc(lease.runId);
      if (await this.#endAtOnce(lease, run, { state, usage }, last)) return undefined;
      const next = await this.#deps.calls.patiently(async (transaction) => {
        const leased = await transaction.get(leaseOf(this.#deps.db, lease.session));
        if (!this.#isHeld(leased, lease)) {
          // An earlier attempt whose response was lost may have ended it. So may another process, with other frames.
          const newest = last.at(-1);
          const ours = newest ? [framesOf(run).doc(newest.name)] : [];
          const [record, stored] = await transaction.getAll(run, ...ours);
          const isOurs = stored?.get('lines') === newest?.data['lines'];
          if (record?.get('state') === state && isOurs) return undefined;
          throw new AppError('LEASE_LOST');
        }
        this.#writeFrames(transaction, lease, last);
        transaction.update(
          run,
          ended({ state, usage, nowMs: this.#deps.now() }, leased.readTime, this.#deps.keepMs),
        );
        return release(transaction, leased);
      });
      if (next) this.#deps.polls.hurry();
      return next;
    } finally {
      // If it could not be ended, the process that finds its expired lease will do so.
      this.#forget(lease);
    }
  }

  async handOver(lease: Lease): Promise<void> {
    const give = () =>
      this.#deps.calls.inTransaction((transaction) => giveBack(transaction, this.#deps.db, lease));
    const giving = this.#inTurn(lease, give);
    this.#forget(lease);
    await giving;
  }

  /**
   * The first frames are stored in one call, because listeners wait for them. For later ones a transaction costs less.
   */
  async #storeFrames(lease: Lease, documents: readonly FrameDocument[]): Promise<void> {
    const beganAt = performance.now();
    const held = this.#deps.held.get(lease.token);
    if (held && !held.hasFrames) {
      held.hasFrames = true;
      if (await held.commit((batch) => this.#writeFrames(batch, lease, documents))) return;
    }
    const store = async (transaction: Transaction): Promise<void> => {
      const leased = await transaction.get(leaseOf(this.#deps.db, lease.session));
      if (!this.#isHeld(leased, lease)) throw new AppError('LEASE_LOST');
      this.#writeFrames(transaction, lease, documents);
    };
    await this.#inTurn(lease, () => this.#deps.calls.patiently(store, performance.now() - beganAt));
  }

  /** Ends a run in one call, if nobody has queued a message or asked to cancel. */
  async #endAtOnce(
    lease: Lease,
    run: DocumentReference,
    { state, usage }: { state: EndState; usage: TokenUse | undefined },
    frames: readonly FrameDocument[],
  ): Promise<boolean> {
    const held = this.#deps.held.get(lease.token);
    const end = (batch: WriteBatch): void => {
      this.#writeFrames(batch, lease, frames);
      const time = held?.serverTime ?? Timestamp.fromMillis(this.#deps.now());
      batch.update(run, ended({ state, usage, nowMs: this.#deps.now() }, time, this.#deps.keepMs));
    };
    return (await held?.commit(end, { isLast: true })) !== undefined;
  }

  /** After the earlier writes under this lease. */
  async #inTurn<T>({ token }: Lease, work: () => Promise<T>): Promise<T> {
    const held = this.#deps.held.get(token);
    return held ? held.inTurn(work) : work();
  }

  #writeFrames(batch: WriteBatch, { runId }: Lease, documents: readonly FrameDocument[]): void {
    const frames = framesOf(runsOf(this.#deps.db).doc(runId));
    for (const { name, data } of documents) batch.set(frames.doc(name), data);
  }

  /** Forgets what this process only needs while it executes the run. */
  #forget(lease: Lease): void {
    this.#deps.polls.forget(lease.runId);
    this.#deps.held.delete(lease.token);
  }

  /** Whether the lease is still ours; also notices a cancel request in the same document. */
  #isHeld(leased: DocumentSnapshot, ours: Lease): boolean {
    const { runId, token } = ours;
    const lease = readLease(leased);
    if (lease?.token !== token) {
      // It was stored once, and no lease gets its token again.
      this.#forget(ours);
      return false;
    }
    this.#deps.held.get(token)?.note(leased.updateTime, lease.queued.length > 0);
    if (lease.isCancelRequested) this.#deps.polls.noteCancel(runId);
    return true;
  }
}
