import type { Firestore } from '../../firestore/client/firestore.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import { AppError } from '../../errors/app-error.ts';
import { calling, isOutage, LONGEST_WAIT_MS } from '../../firestore/calling.ts';
import { transact } from '../../firestore/transact.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { FramePacing } from '../frame-pacing.ts';
import type { EndState, Frame, TokenUse } from '../run.ts';
import { DEFAULT_RUN_LIMITS } from '../run-options.ts';
import type {
  BeginOptions,
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
import { beat } from './heartbeats.ts';
import type { Given, HeldLease, HeldLeases } from './held-leases.ts';
import { LeasePolls, type LookTimes } from './lease-polls.ts';
import { LeaseWriter } from './lease-writer.ts';
import { MOST_ATTEMPTS, StoreCalls, type CallLimits } from './store-calls.ts';
import { RunReader } from './read-runs.ts';
import { readLease } from './lease-document.ts';
import { newLeaseToken } from '../lease-token.ts';
import { giveBack } from './give-lease.ts';
import { cancelQueued, enqueue } from './queue.ts';
import { heartbeatOf, leaseOf } from './paths.ts';
import { Revisions } from './revisions.ts';
import { takeRun } from './take-run.ts';

export interface FirestoreRunStoreOptions extends CallLimits, LookTimes {
  db: Firestore;
  /** The leases of this process; the session store uses them too. */
  held: HeldLeases;
  newestEventMs: NewestEventMs;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** How long an ended run can be read, in milliseconds. */
  keepMs?: number;
  /** How long frames are collected at most, in milliseconds: each write costs money. */
  framesEveryMs?: number;
}

const FRAMES_EVERY_MS = 400;
const FIRST_FRAMES_MS = 50;
const MOST_FRAMES = 10_000;
const LOOK_AT_RUN_EVERY_MS = 500;
/** Time limit of one attempt to take a run over: a locked or slow lease is retried later, after the others. */
const TAKE_WAIT_MS = 3_000;
const PERHAPS_ACCEPTED =
  'The session store did not answer in time. The message may have been accepted: look before you send it again.';
/**
 * Time limit of the write of a heartbeat, or half of the time that the heartbeat holds if that is longer. Then the
 * write is repeated.
 */
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
  readonly #polls: LeasePolls;
  readonly #reader: RunReader;
  readonly #writer: LeaseWriter;
  readonly #calls: StoreCalls;
  readonly #keepMs: number;

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
    this.#keepMs = options.keepMs ?? DEFAULT_RUN_LIMITS.keepMs;
    this.#calls = new StoreCalls(options.db, options);
    this.#polls = new LeasePolls(options.db, this.#calls, options.held, options);
    this.#reader = new RunReader(options.db, this.#calls);
    this.#writer = new LeaseWriter({
      db: options.db,
      calls: this.#calls,
      held: options.held,
      polls: this.#polls,
      now: this.#now,
      keepMs: this.#keepMs,
    });
  }

  async begin(run: NewRun, { leaseMs, isFollowed, allowed }: BeginOptions): Promise<BegunRun> {
    const lease = { runId: run.id, session: run.session, token: newLeaseToken() };
    const { newestEventMs, waitMs = LONGEST_WAIT_MS } = this.#options;
    const beginning = new RunBeginning({
      db: this.#db,
      run,
      token: lease.token,
      leaseMs,
      newestEventMs,
      onBusy: () => this.#polls.hurry(),
    });
    const opening = isFollowed ? this.#calls.call(() => beginning.open()) : undefined;
    // `allowed` is awaited first: its error takes precedence.
    opening?.catch(() => undefined);
    await allowed;
    const giveUpAt = performance.now() + waitMs;
    const alone = async (): Promise<RunRecord> => {
      const leftMs = Math.max(waitMs / 4, giveUpAt - performance.now());
      return calling((signal) => beginning.store(signal, MOST_ATTEMPTS), leftMs).catch((error: unknown) => {
        // The commit may have been stored, perhaps with the message. Then the message is accepted, and another process
        // has to execute its run.
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
    return this.#writer.renew(lease, leaseMs, progress);
  }

  async addFrames(lease: Lease, frames: readonly Frame[]): Promise<void> {
    await this.#writer.addFrames(lease, frames);
  }

  async end(
    lease: Lease,
    state: EndState,
    frames: readonly Frame[],
    usage?: TokenUse,
  ): Promise<Lease | undefined> {
    return this.#writer.end(lease, state, frames, usage);
  }

  async handOver(lease: Lease): Promise<void> {
    await this.#writer.handOver(lease);
  }

  async enqueue(run: NewRun, isInterrupting: boolean): Promise<RunRecord | undefined> {
    let attempts = 0;
    return this.#calls
      .inTransaction((transaction) => enqueue(transaction, this.#db, run, isInterrupting, attempts++ > 0))
      .catch((error: unknown) => {
        throw perhapsAccepted(error);
      });
  }

  async cancelQueued(runId: string): Promise<boolean> {
    const nowMs = this.#now();
    this.#polls.hurry();
    return this.#calls.patiently((transaction) =>
      cancelQueued(transaction, this.#db, runId, nowMs, this.#keepMs),
    );
  }

  async beat(owner: string, holdMs: number): Promise<boolean> {
    const wait = Math.max(LEAST_BEAT_WAIT_MS, holdMs / 2);
    const work = (transaction: Transaction) => beat(transaction, this.#db, owner, holdMs);
    // A write that exceeds its time limit is repeated, and counts if it is stored late: in an overloaded process every
    // attempt may be late.
    const { signal } = new AbortController();
    return calling(
      () => transact(this.#db.ahead, work, { signal, maxAttempts: 1 }),
      Math.min(wait, this.#options.waitMs ?? wait),
    );
  }

  async stopBeating(owner: string): Promise<void> {
    await this.#calls.call(() => heartbeatOf(this.#db, owner).delete());
  }

  async expired(
    limit: number,
    _leaseMs: number,
    except: ReadonlySet<string>,
    self: string,
  ): Promise<Expired> {
    return this.#polls.expired(limit, except, self);
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
      if (!taken) this.#polls.hurry();
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
      // The commit may have been stored. Unless the lease is given back, nobody executes the run until it has expired.
      if (taken) void this.#giveBack(lease).catch(() => undefined);
      throw error;
    }
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    return this.#reader.get(runId);
  }

  async running(session: CompositeSessionKey): Promise<RunRecord | undefined> {
    return this.#reader.running(session);
  }

  async list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]> {
    return this.#reader.list(session, limit);
  }

  async frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined> {
    const stored = await this.#reader.frames(runId, fromIndex);
    // Someone listens to a run of another process, which may be dead.
    if (stored?.state === 'running' && stored.frames.length === 0) this.#polls.hurry();
    return stored;
  }

  async frameCount(runId: string): Promise<number> {
    return this.#reader.frameCount(runId);
  }

  async requestCancel(runId: string): Promise<void> {
    const run = await this.get(runId);
    if (run?.state !== 'running') return;
    this.#polls.hurry();
    await this.#calls.inTransaction(async (transaction) => {
      const leased = await transaction.get(leaseOf(this.#db, run.session));
      if (readLease(leased)?.runId === runId) transaction.update(leased.ref, { cancelRequested: true });
    });
  }

  async cancelRequests(owner: string): Promise<string[]> {
    return this.#polls.cancelRequests(owner);
  }

  /** Firestore deletes them by expireTime; until then expired documents are not returned. */
  async prune(): Promise<void> {}

  async noteRevision(revision: string): Promise<void> {
    await this.#calls.call((signal) => this.#revisions.note(revision, signal));
  }

  async newerRevisionSince(revision: string): Promise<number | undefined> {
    return this.#calls.call(() => this.#revisions.newerSince(revision));
  }

  #hold({ token, session }: Lease, stored: Given): HeldLease {
    const { held, waitMs } = this.#options;
    return held.hold({ token, document: leaseOf(this.#db, session), waitMs }, stored);
  }

  #giveBack(lease: Lease): Promise<void> {
    return this.#calls.patiently((transaction) => giveBack(transaction, this.#db, lease));
  }
}

const codeOf = (error: unknown): unknown => (error instanceof AppError ? error.code : undefined);

/** The error for a caller whose run may have been stored although Firestore did not answer. */
function perhapsAccepted(error: unknown): unknown {
  if (!isOutage(error)) return error;
  const { cause, headers } = error;
  return new AppError('STORE_UNAVAILABLE', PERHAPS_ACCEPTED, { cause, headers });
}
