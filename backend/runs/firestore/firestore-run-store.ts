import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference, DocumentSnapshot } from '../../firestore/client/references.ts';
import { FieldPath, Timestamp } from '../../firestore/client/special-values.ts';
import type { Transaction, WriteBatch } from '../../firestore/client/transaction.ts';
import { AppError } from '../../errors/app-error.ts';
import { calling, isOutage, LONGEST_WAIT_MS, patiently } from '../../firestore/calling.ts';
import { isDocumentId } from '../../firestore/storable.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { FramePacing } from '../frame-pacing.ts';
import type { EndState, Frame, TokenUse } from '../run.ts';
import { DEFAULT_RUN_LIMITS } from '../run-options.ts';
import type {
  BegunRun,
  Expired,
  ExpiredLease,
  Lease,
  NewRun,
  RunProgress,
  RunRecord,
  RunStore,
  StoredFrames,
  TakenRun,
} from '../run-store.ts';
import { RunBeginning, type NewestEventMs } from './begin-run.ts';
import {
  commitsOf,
  firstName,
  lastIndex,
  readFrames,
  toDocuments,
  type FrameDocument,
} from './frame-documents.ts';
import { beat, expiredLeases } from './heartbeats.ts';
import type { Given, HeldLease, HeldLeases } from './held-leases.ts';
import { expireTime, hasRunOut, later, readLease } from './lease-document.ts';
import { newLeaseToken } from '../lease-token.ts';
import { giveBack, release } from './give-lease.ts';
import { cancelQueued, enqueue } from './queue.ts';
import { framesOf, heartbeatOf, leaseOf, leasesOf, runsOf, sessionName } from './paths.ts';
import { Revisions } from './revisions.ts';
import { ended, readRun } from './run-document.ts';
import { takeRun } from './take-run.ts';
import { Watch } from './watch.ts';

export interface FirestoreRunStoreOptions {
  db: Firestore;
  /** The leases of this process; the session store uses them too. */
  held: HeldLeases;
  newestEventMs: NewestEventMs;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** How long an ended run can be read, in milliseconds. */
  keepMs?: number;
  /** How often expired leases are queried while nobody waits for one, in milliseconds. Each query costs a read. */
  lookEveryMs?: number;
  /** The same while someone waits, and for cancel requests while runs are active. */
  busyLookEveryMs?: number;
  /** How long frames are collected at most, in milliseconds: each write costs money. */
  framesEveryMs?: number;
  /** Time limit of one call with its retries, in milliseconds. */
  waitMs?: number;
  /** Time limit for writes of an active run, in milliseconds. */
  patienceMs?: number;
}

const FRAMES_EVERY_MS = 400;
const FIRST_FRAMES_MS = 50;
const MOST_FRAMES = 10_000;
const LOOK_AT_RUN_EVERY_MS = 500;
const LOOK_EVERY_MS = 5_000;
const BUSY_LOOK_EVERY_MS = 1_000;
/** The next look after something has run out. */
const MORE_AFTER_MS = 150;
/** From the run's start: longer than a run may take plus the time it can be read afterwards. */
const FRAMES_KEPT_MS = 2 * 60 * 60_000;
/** Length of outages that an active turn survives; nobody waits for these writes. */
const PATIENCE_MS = 45_000;
const MOST_ATTEMPTS = 10;
/** Time limit of one attempt to take a run over: a locked or slow lease is retried later, after the others. */
const TAKE_WAIT_MS = 3_000;
const PERHAPS_ACCEPTED =
  'The session store did not answer in time. The message may have been accepted: look before you send it again.';
/** Time limit of one heartbeat, unless half of what it holds is longer; then it is repeated. */
const LEAST_BEAT_WAIT_MS = 1_000;

/**
 * Runs, their frames and leases in Firestore, in our own collections beside google-adk's (docs/storage.md), shared with
 * every task and with gcp-agent. Every transaction that writes checks the lease; Firestore's clock decides when it has
 * expired.
 */
export class FirestoreRunStore implements RunStore {
  readonly pacing: FramePacing;
  readonly #db: Firestore;
  readonly #options: FirestoreRunStoreOptions;
  readonly #now: () => number;
  readonly #revisions: Revisions;
  /** Runs of this process whose cancellation was noticed during another operation. */
  readonly #toCancel = new Set<string>();
  readonly #expiredWatch: Watch;
  readonly #cancelWatch: Watch;

  constructor(options: FirestoreRunStoreOptions) {
    this.#db = options.db;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.pacing = new FramePacing({
      everyMs: options.framesEveryMs ?? FRAMES_EVERY_MS,
      firstMs: FIRST_FRAMES_MS,
      isTogether: false,
      maxFrames: MOST_FRAMES,
      lookEveryMs: LOOK_AT_RUN_EVERY_MS,
    });
    this.#revisions = new Revisions(options.db);
    const busyMs = options.busyLookEveryMs ?? BUSY_LOOK_EVERY_MS;
    this.#expiredWatch = new Watch(options.lookEveryMs ?? LOOK_EVERY_MS, busyMs);
    this.#cancelWatch = new Watch(busyMs, busyMs);
  }

  async begin(
    run: NewRun,
    leaseMs: number,
    isFollowed = false,
    allowed?: Promise<unknown>,
  ): Promise<BegunRun> {
    const lease = { runId: run.id, session: run.session, token: newLeaseToken() };
    const { newestEventMs, waitMs = LONGEST_WAIT_MS } = this.#options;
    const beginning = new RunBeginning({
      db: this.#db,
      run,
      token: lease.token,
      leaseMs,
      newestEventMs,
      onBusy: () => this.#expiredWatch.hurry(),
    });
    const opening = isFollowed ? this.#call(() => beginning.open()) : undefined;
    // What forbids the run is thrown first.
    opening?.catch(() => undefined);
    await allowed;
    const giveUpAt = performance.now() + waitMs;
    const alone = async (): Promise<RunRecord> => {
      const leftMs = Math.max(waitMs / 4, giveUpAt - performance.now());
      return calling((signal) => beginning.store(signal, MOST_ATTEMPTS), leftMs).catch((error: unknown) => {
        // If it was stored all the same, perhaps with its message, it is accepted: somebody has to execute it.
        if (codeOf(error) === 'STORE_UNAVAILABLE') void this.#giveBack(lease).catch(() => undefined);
        throw perhapsAccepted(error);
      });
    };
    const open = await opening;
    if (!open) {
      const record = await alone();
      this.#hold(lease, { writtenAt: beginning.writtenAt });
      return { run: record, lease };
    }
    const given = {
      write: open.write,
      alone: async () => {
        await alone();
        return beginning.writtenAt;
      },
    };
    const held = this.#hold(lease, { beginning: given });
    return { run: open.record, lease, stored: () => held.begun() };
  }

  async renew(lease: Lease, leaseMs: number, progress?: RunProgress): Promise<boolean> {
    const held = this.#options.held.get(lease.token);
    // It is about to be stored.
    if (held?.isBeginning) return true;
    const document = leaseOf(this.#db, lease.session);
    let last: Transaction | undefined;
    let hasQueue = false;
    const isHeld = await this.#inTransaction(async (transaction) => {
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
    const documents = toDocuments(frames, expireTime(this.#now() + FRAMES_KEPT_MS));
    for (const commit of commitsOf(documents)) await this.#storeFrames(lease, commit);
  }

  async end(
    lease: Lease,
    state: EndState,
    frames: readonly Frame[],
    usage?: TokenUse,
  ): Promise<Lease | undefined> {
    const commits = commitsOf(toDocuments(frames, expireTime(this.#now() + FRAMES_KEPT_MS)));
    const last = commits.pop() ?? [];
    try {
      for (const commit of commits) await this.#storeFrames(lease, commit);
      const run = runsOf(this.#db).doc(lease.runId);
      if (await this.#endAtOnce(lease, run, { state, usage }, last)) return undefined;
      const next = await this.#patiently(async (transaction) => {
        const leased = await transaction.get(leaseOf(this.#db, lease.session));
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
        transaction.update(run, ended({ state, usage, nowMs: this.#now() }, leased.readTime, this.#keepMs));
        return release(transaction, leased);
      });
      if (next) this.#expiredWatch.hurry();
      return next;
    } finally {
      // If it could not be ended, the process that finds its expired lease will do so.
      this.#forget(lease);
    }
  }

  async enqueue(run: NewRun, isInterrupting: boolean): Promise<RunRecord | undefined> {
    let attempts = 0;
    return this.#inTransaction((transaction) =>
      enqueue(transaction, this.#db, run, isInterrupting, attempts++ > 0),
    ).catch((error: unknown) => {
      throw perhapsAccepted(error);
    });
  }

  async cancelQueued(runId: string): Promise<boolean> {
    const nowMs = this.#now();
    this.#expiredWatch.hurry();
    return this.#patiently((transaction) => cancelQueued(transaction, this.#db, runId, nowMs, this.#keepMs));
  }

  async handOver(lease: Lease): Promise<void> {
    const give = () => this.#inTransaction((transaction) => giveBack(transaction, this.#db, lease));
    const giving = this.#inTurn(lease, give);
    this.#forget(lease);
    await giving;
  }

  async beat(owner: string, holdMs: number): Promise<boolean> {
    const wait = Math.max(LEAST_BEAT_WAIT_MS, holdMs / 2);
    const work = (transaction: Transaction) => beat(transaction, this.#db, owner, holdMs);
    // One that takes longer than its time is repeated, and still counts if it is stored: each attempt of an overloaded
    // process may be late.
    const { signal } = new AbortController();
    return calling(
      () => transact(this.#db.ahead, work, { signal, maxAttempts: 1 }),
      Math.min(wait, this.#options.waitMs ?? wait),
    );
  }

  async stopBeating(owner: string): Promise<void> {
    await this.#call(() => heartbeatOf(this.#db, owner).delete());
  }

  /** One read if nothing has expired. */
  async expired(
    limit: number,
    _leaseMs: number,
    except: ReadonlySet<string>,
    self: string,
  ): Promise<Expired> {
    const watch = this.#expiredWatch;
    // Runs that this process could not take and will retry.
    if (except.size > 0) watch.hurry();
    if (!watch.isDue()) return { leases: [], nextInMs: watch.expectedInMs };
    const byTime = leasesOf(this.#db).orderBy('until').limit(1);
    const { docs, readTime } = await this.#call(() => byTime.get());
    const [oldest] = docs;
    if (!oldest) return { leases: [], nextInMs: undefined };
    const until = oldest.get('until') as Timestamp;
    if (!hasRunOut({ until }, readTime)) {
      watch.expectIn(until.toMillis() + 1 - readTime.toMillis());
      return { leases: [], nextInMs: watch.expectedInMs };
    }
    // The skipped ones may be the oldest of all.
    const most = limit + except.size;
    const leases = await this.#call(() => expiredLeases(this.#db, oldest, readTime, most, self));
    const others = leases.filter(({ runId }) => !except.has(runId)).slice(0, limit);
    watch.hurry();
    // A process that stops announces it with a heartbeat without leases, and hands over one run after the other.
    if (others.length > 0 || leases.length === 0) watch.expectIn(others.length < limit ? MORE_AFTER_MS : 0);
    return { leases: others, nextInMs: watch.expectedInMs };
  }

  async take(expired: ExpiredLease, owner: string, leaseMs: number): Promise<TakenRun | undefined> {
    const { runId, session, token: before, owner: heldBy = '' } = expired;
    const lease = { runId, session, token: newLeaseToken() };
    let taken: TakenRun | undefined;
    let last: Transaction | undefined;
    const { newestEventMs } = this.#options;
    const work = async (transaction: Transaction): Promise<TakenRun | undefined> => {
      last = transaction;
      taken = await takeRun({
        transaction,
        db: this.#db,
        lease,
        before,
        heldBy,
        owner,
        leaseMs,
        newestEventMs,
        now: this.#now,
      });
      // The next run in the queue may have got the lease.
      if (!taken) this.#expiredWatch.hurry();
      return taken;
    };
    try {
      await calling(
        (signal) => transact(this.#db, work, { signal, maxAttempts: 1 }),
        Math.min(TAKE_WAIT_MS, this.#options.waitMs ?? TAKE_WAIT_MS),
      );
      if (taken) this.#hold(lease, { writtenAt: last?.timeOf(leaseOf(this.#db, session)), hasQueue: true });
      return taken;
    } catch (error) {
      // The commit may have succeeded all the same: then nobody would execute the run until this lease has expired.
      if (taken) void this.#giveBack(lease).catch(() => undefined);
      throw error;
    }
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    if (!isDocumentId(runId)) return undefined;
    return this.#call(async () => readRun(await runsOf(this.#db).doc(runId).get()));
  }

  async running(session: CompositeSessionKey): Promise<RunRecord | undefined> {
    const lease = await this.#call(async () => readLease(await leaseOf(this.#db, session).get()));
    return lease?.canBeTakenOver ? this.get(lease.runId) : undefined;
  }

  async list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]> {
    return this.#call(async () => {
      const ofSession = runsOf(this.#db).where('session', '==', sessionName(session));
      const { docs } = await ofSession.orderBy('startedMs', 'desc').limit(limit).get();
      return docs.flatMap((run) => readRun(run) ?? []);
    });
  }

  /** One read for the run and one for each batch from `fromIndex` on, at least two in total. */
  async frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined> {
    if (!isDocumentId(runId)) return undefined;
    return this.#call(async () => {
      const run = runsOf(this.#db).doc(runId);
      // Read the run first: a reader that has seen its end then sees everything stored before it.
      const record = readRun(await run.get());
      if (!record) return undefined;
      const { docs } = await framesOf(run)
        .orderBy(FieldPath.documentId())
        .startAt(firstName(fromIndex))
        .get();
      const frames = readFrames(docs, fromIndex);
      // Someone listens to a run of another process, which may be dead.
      if (record.state === 'running' && frames.length === 0) this.#expiredWatch.hurry();
      return { frames, state: record.state };
    });
  }

  async frameCount(runId: string): Promise<number> {
    if (!isDocumentId(runId)) return 0;
    const newest = framesOf(runsOf(this.#db).doc(runId)).orderBy('first', 'desc').limit(1).select();
    const { docs } = await this.#call(() => newest.get());
    return docs[0] ? lastIndex(docs[0].id) + 1 : 0;
  }

  async requestCancel(runId: string): Promise<void> {
    const run = await this.get(runId);
    if (run?.state !== 'running') return;
    this.#expiredWatch.hurry();
    await this.#inTransaction(async (transaction) => {
      const leased = await transaction.get(leaseOf(this.#db, run.session));
      if (readLease(leased)?.runId === runId) transaction.update(leased.ref, { cancelRequested: true });
    });
  }

  /** A request is in the lease, which this process sees with each write of frames: only other leases are looked at. */
  async cancelRequests(owner: string): Promise<string[]> {
    const isUnseen = (held: HeldLease): boolean => held.seenMsAgo >= this.#cancelWatch.everyMs;
    if (this.#options.held.values().some(isUnseen) && this.#cancelWatch.isDue()) {
      const asked = leasesOf(this.#db).where('owner', '==', owner).where('cancelRequested', '==', true);
      const { docs } = await this.#call(() => asked.get());
      for (const { runId } of docs.flatMap((leased) => readLease(leased) ?? [])) this.#toCancel.add(runId);
    }
    return [...this.#toCancel];
  }

  /** Firestore deletes them by expireTime; until then expired documents are not returned. */
  async prune(): Promise<void> {}

  async noteRevision(revision: string): Promise<void> {
    await this.#call((signal) => this.#revisions.note(revision, signal));
  }

  async newerRevisionSince(revision: string): Promise<number | undefined> {
    return this.#call(() => this.#revisions.newerSince(revision));
  }

  get #keepMs(): number {
    return this.#options.keepMs ?? DEFAULT_RUN_LIMITS.keepMs;
  }

  /** The first ones in one call, because listeners wait for them; a call and a read cost less for the others. */
  async #storeFrames(lease: Lease, documents: readonly FrameDocument[]): Promise<void> {
    const beganAt = performance.now();
    const held = this.#options.held.get(lease.token);
    if (held && !held.hasFrames) {
      held.hasFrames = true;
      if (await held.commit((batch) => this.#writeFrames(batch, lease, documents))) return;
    }
    const store = async (transaction: Transaction): Promise<void> => {
      const leased = await transaction.get(leaseOf(this.#db, lease.session));
      if (!this.#isHeld(leased, lease)) throw new AppError('LEASE_LOST');
      this.#writeFrames(transaction, lease, documents);
    };
    await this.#inTurn(lease, () => this.#patiently(store, performance.now() - beganAt));
  }

  /** Ends a run in one call, if nobody has queued a message or asked to cancel. */
  async #endAtOnce(
    lease: Lease,
    run: DocumentReference,
    { state, usage }: { state: EndState; usage: TokenUse | undefined },
    frames: readonly FrameDocument[],
  ): Promise<boolean> {
    const held = this.#options.held.get(lease.token);
    const end = (batch: WriteBatch): void => {
      this.#writeFrames(batch, lease, frames);
      const time = held?.serverTime ?? Timestamp.fromMillis(this.#now());
      batch.update(run, ended({ state, usage, nowMs: this.#now() }, time, this.#keepMs));
    };
    return (await held?.commit(end, { isLast: true })) !== undefined;
  }

  #hold({ token, session }: Lease, stored: Given): HeldLease {
    const { held, waitMs } = this.#options;
    return held.hold({ token, document: leaseOf(this.#db, session), waitMs }, stored);
  }

  /** After the earlier writes under this lease. */
  async #inTurn<T>({ token }: Lease, work: () => Promise<T>): Promise<T> {
    const held = this.#options.held.get(token);
    return held ? held.inTurn(work) : work();
  }

  #writeFrames(batch: WriteBatch, { runId }: Lease, documents: readonly FrameDocument[]): void {
    const frames = framesOf(runsOf(this.#db).doc(runId));
    for (const { name, data } of documents) batch.set(frames.doc(name), data);
  }

  /** What is only known of runs that this process executes. */
  #forget(lease: Lease): void {
    this.#toCancel.delete(lease.runId);
    this.#options.held.delete(lease.token);
  }

  /** Whether the lease is still ours; also notices a cancel request in the same document. */
  #isHeld(leased: DocumentSnapshot, { runId, token }: Lease): boolean {
    const lease = readLease(leased);
    if (lease?.token !== token) return false;
    this.#options.held.get(token)?.note(leased.updateTime, lease.queued.length > 0);
    if (lease.isCancelRequested) this.#toCancel.add(runId);
    return true;
  }

  #giveBack(lease: Lease): Promise<void> {
    return this.#patiently((transaction) => giveBack(transaction, this.#db, lease));
  }

  #inTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return calling((signal) => this.#transact(work, signal), this.#options.waitMs);
  }

  #patiently<T>(work: (transaction: Transaction) => Promise<T>, waitedMs = 0): Promise<T> {
    const { patienceMs = PATIENCE_MS, waitMs } = this.#options;
    return patiently((signal) => this.#transact(work, signal), patienceMs - waitedMs, waitMs);
  }

  #transact<T>(work: (transaction: Transaction) => Promise<T>, signal: AbortSignal): Promise<T> {
    return transact(this.#db, work, { signal, maxAttempts: MOST_ATTEMPTS });
  }

  #call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return calling(call, this.#options.waitMs);
  }
}

const codeOf = (error: unknown): unknown => (error instanceof AppError ? error.code : undefined);

/** What a caller is told whose run may be stored, because Firestore did not answer. */
function perhapsAccepted(error: unknown): unknown {
  if (!isOutage(error)) return error;
  const { cause, headers } = error;
  return new AppError('STORE_UNAVAILABLE', PERHAPS_ACCEPTED, { cause, headers });
}
