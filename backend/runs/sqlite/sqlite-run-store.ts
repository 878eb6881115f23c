import { afterLargeStep } from '../../json/large.ts';
import type { Database } from 'bun:sqlite';
import { AppError } from '../../errors/app-error.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import { FramePacing } from '../frame-pacing.ts';
import { newLeaseToken } from '../lease-token.ts';
import { assertRoom } from '../queue-bounds.ts';
import type { EndState, Frame, TokenUse } from '../run.ts';
import type {
  BeginOptions,
  BegunRun,
  Expired,
  Lease,
  NewRun,
  RunProgress,
  RunRecord,
  RunStore,
  StoredFrames,
  TakenRun,
} from '../run-store.ts';
import { findRun, storeRun } from './begin-run.ts';
import { machineUptimeMs } from './machine-clock.ts';
import { toRecord, toRecordIfAny } from './run-row.ts';
import { prepareRunStatements, type RunRows, type RunStatements } from './run-tables.ts';

/** A lease that ends later than this many lease durations cannot be right: the machine was restarted since. */
const IMPOSSIBLE_LEASES = 4;
const PRUNE_PASSES = 50;

/** Runs, frames and leases in the session store's file, so that a lease and the data it protects change together. */
export class SqliteRunStore implements RunStore {
  readonly pacing = new FramePacing({ everyMs: 50, isTogether: true, maxFrames: 64, lookEveryMs: 50 });
  readonly #database: Database;
  readonly #statements: RunStatements;
  readonly #now: () => number;
  /** Rows of current leases, as each of their writes would otherwise look for them. */
  readonly #rows = new WeakMap<Lease, RunRows>();

  readonly #uptimeMs: () => number;

  /**
   * `uptimeMs` is the clock of leases, the same for every process on the file; `now` is the clock for times that people
   * read.
   */
  constructor({
    database,
    now = Date.now,
    uptimeMs = machineUptimeMs,
  }: {
    database: Database;
    now?: () => number;
    uptimeMs?: () => number;
  }) {
    this.#database = database;
    this.#statements = prepareRunStatements(database);
    this.#now = now;
    this.#uptimeMs = uptimeMs;
  }

  async begin(run: NewRun, { leaseMs, isFollowed, allowed }: BeginOptions): Promise<BegunRun> {
    await allowed;
    // A first message over A2A comes before its session exists: check before printing its files.
    if (run.request.newMessage?.parts?.some((part) => part.inlineData))
      reading(() => findRun(this.#statements, run));
    const request = JSON.stringify(run.request);
    await afterLargeStep(request.length);
    const found = reading(() => findRun(this.#statements, run));
    const lease = { runId: run.id, session: run.session, token: newLeaseToken() };
    const storing = inTransaction(
      this.#database,
      () => {
        const expiresMs = Math.round(this.#uptimeMs() + leaseMs);
        this.#rows.set(lease, storeRun(this.#statements, found, { ...lease, expiresMs }, request));
      },
      request.length,
    );
    const begun = { run: found.record, lease };
    if (!isFollowed) {
      await storing;
      return begun;
    }
    // The message is committed with it. If the caller does not await `stored`, its first write fails with LEASE_LOST.
    storing.catch(() => undefined);
    return { ...begun, stored: async () => storing };
  }

  async renew(lease: Lease, leaseMs: number, progress?: RunProgress): Promise<boolean> {
    return inTransaction(this.#database, () => {
      const rows = this.#rowsIfHeld(lease);
      if (!rows) return false;
      if (progress) this.#statements.progress.run({ run: rows.run, ...progress });
      const expiresMs = Math.round(this.#uptimeMs() + leaseMs);
      return this.#statements.renew.run({ row: rows.session, expiresMs }).changes > 0;
    });
  }

  async addFrames(lease: Lease, frames: readonly Frame[]): Promise<void> {
    await inTransaction(this.#database, () => this.#insertFrames(lease, frames));
  }

  async end(
    lease: Lease,
    state: EndState,
    frames: readonly Frame[],
    usage?: TokenUse,
  ): Promise<Lease | undefined> {
    return inTransaction(this.#database, () => {
      const { run, session } = this.#insertFrames(lease, frames);
      this.#endRun(run, state, usage);
      return this.#release(session, lease.session);
    });
  }

  async enqueue(run: NewRun, isInterrupting: boolean): Promise<RunRecord | undefined> {
    const { id: runId, session, owner, invocationId, startedMs } = run;
    const request = JSON.stringify(run.request);
    await afterLargeStep(request.length);
    return inTransaction(
      this.#database,
      () => {
        const { row_id: row, run_id: before } = this.#statements.session.get(session) ?? { run_id: null };
        if (row === undefined || before === null) return undefined;
        const waiting = this.#statements.queue.get({ row })!;
        assertRoom(waiting, Buffer.byteLength(request));
        const place = isInterrupting ? waiting.first - 1 : waiting.last + 1;
        const queued = { runId, row, invocationId, request, owner, startedMs: Math.round(startedMs), place };
        this.#statements.insertQueued.run(queued);
        if (isInterrupting) {
          const isBegun = this.#statements.run.get({ runId: before })?.state === 'running';
          if (isBegun) this.#statements.cancel.run({ runId: before });
          // If the lease belongs to a run that has not begun either, the new run gets it.
          else this.#release(row, session);
        }
        return { ...run, state: 'queued', begunAfterMs: 0, takeovers: 0, isCancelRequested: false };
      },
      request.length,
    );
  }

  async cancelQueued(runId: string): Promise<boolean> {
    return inTransaction(this.#database, () => {
      const rows = this.#statements.rowsOf.get({ runId });
      const record = toRecordIfAny(this.#statements.run.get({ runId }));
      if (!rows || record?.state !== 'queued') return false;
      this.#endRun(rows.run, 'cancelled');
      if (this.#statements.session.get(keyOf(record.session))?.run_id === runId)
        this.#release(rows.session, record.session);
      return true;
    });
  }

  async handOver(lease: Lease): Promise<void> {
    await inTransaction(this.#database, () =>
      this.#statements.expireLease.run({ row: this.#checkLease(lease).session }),
    );
  }

  async beat(owner: string, holdMs: number): Promise<boolean> {
    return inTransaction(this.#database, () => {
      const nowMs = Math.round(this.#uptimeMs());
      const before = this.#statements.heartbeat.get({ owner });
      this.#statements.beat.run({ owner, untilMs: Math.round(nowMs + holdMs) });
      return before !== null && before.until_ms > nowMs;
    });
  }

  async stopBeating(owner: string): Promise<void> {
    await inTransaction(this.#database, () => this.#statements.stopBeating.run({ owner }));
  }

  async expired(limit: number, leaseMs: number, except: ReadonlySet<string>, self: string): Promise<Expired> {
    const clock = this.#clock(leaseMs);
    const asked = { ...clock, self, limit, except: JSON.stringify([...except]) };
    return reading(() => {
      const leases = this.#statements.expired.all(asked).map(({ run_id: runId, token, ...row }) => ({
        runId,
        session: { appName: row.app_name, userId: row.user_id, sessionId: row.session_id },
        token,
      }));
      const { uptimeMs } = clock;
      const next = this.#statements.nextHeartbeat.get({ uptimeMs })?.until_ms ?? undefined;
      return { leases, nextInMs: next === undefined ? undefined : next - uptimeMs };
    });
  }

  async take(expired: Lease, owner: string, leaseMs: number): Promise<TakenRun | undefined> {
    const { runId, session, token: before } = expired;
    return inTransaction(this.#database, () => {
      const row = this.#rowsOf(expired)?.session;
      const clock = this.#clock(leaseMs);
      if (row === undefined || !this.#statements.isExpired.get({ ...clock, self: owner, row, token: before }))
        return undefined;
      const token = newLeaseToken();
      this.#statements.lease.run({ row, token, runId, owner, expiresMs: clock.uptimeMs + leaseMs });
      const begun = { runId, row, owner, startedMs: Math.round(this.#now()) };
      if (this.#statements.beginQueued.run(begun).changes === 0)
        this.#statements.takeRun.run({ runId, owner });
      const run = toRecordIfAny(this.#statements.runToTake.get({ runId }));
      return run && { run, lease: { runId, session, token } };
    });
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    return reading(() => toRecordIfAny(this.#statements.run.get({ runId })));
  }

  async running(session: CompositeSessionKey): Promise<RunRecord | undefined> {
    return reading(() => toRecordIfAny(this.#statements.running.get(keyOf(session))));
  }

  async list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]> {
    return reading(() => this.#statements.runsOfSession.all({ ...keyOf(session), limit }).map(toRecord));
  }

  async frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined> {
    return reading(() => {
      // First, and without a transaction: a run's last frames are stored with its end.
      const run = this.#statements.state.get({ runId });
      if (!run) return undefined;
      const batches = this.#statements.frames.all({ runId, fromIndex });
      const frames = batches.flatMap(({ first_index: first, kind, lines }) =>
        lines.split('\n').map((json, offset): Frame => ({ index: first + offset, kind: asKind(kind), json })),
      );
      return { frames: frames.filter(({ index }) => index >= fromIndex), state: run.state };
    });
  }

  async frameCount(runId: string): Promise<number> {
    return reading(() => this.#statements.frameCount.get({ runId })?.count ?? 0);
  }

  async requestCancel(runId: string): Promise<void> {
    await inTransaction(this.#database, () => this.#statements.cancel.run({ runId }));
  }

  async cancelRequests(owner: string): Promise<string[]> {
    return reading(() => this.#statements.toCancel.all({ owner }).map(({ id }) => id));
  }

  /** In passes of a few hundred runs, so that nobody waits long for the file. */
  async prune(endedBeforeMs: number): Promise<void> {
    await inTransaction(this.#database, () =>
      this.#statements.forgetHeartbeats.run({ uptimeMs: Math.round(this.#uptimeMs()) }),
    );
    for (let pass = 0; pass < PRUNE_PASSES; pass++) {
      const deleted = await inTransaction(
        this.#database,
        () => this.#statements.prune.run({ endedBeforeMs: Math.round(endedBeforeMs) }).changes,
      );
      if (deleted === 0) return;
    }
  }

  async noteRevision(revision: string): Promise<void> {
    await inTransaction(this.#database, () =>
      this.#statements.noteRevision.run({ revision, nowMs: Math.round(this.#now()) }),
    );
  }

  async newerRevisionSince(revision: string): Promise<number | undefined> {
    return reading(() => this.#statements.newerRevision.get({ revision })?.since_ms ?? undefined);
  }

  #endRun(run: number, state: EndState, usage?: TokenUse): void {
    const json = usage ? JSON.stringify(usage) : null;
    this.#statements.endRun.run({ run, state, endedMs: Math.round(this.#now()), usage: json });
  }

  /** Gives the lease to the next queued run, for whichever process takes it, or frees the session. */
  #release(row: number, session: CompositeSessionKey): Lease | undefined {
    // Runs are hardly ever queued, so one statement is enough then.
    if (this.#statements.freeSession.run({ row }).changes > 0) return undefined;
    const next = this.#statements.nextQueued.get({ row });
    if (!next) return undefined;
    const lease = { runId: next.id, session: keyOf(session), token: newLeaseToken() };
    this.#statements.lease.run({ row, token: lease.token, runId: next.id, owner: '', expiresMs: 0 });
    return lease;
  }

  #clock(leaseMs: number): { uptimeMs: number; impossibleMs: number } {
    const uptimeMs = Math.round(this.#uptimeMs());
    return { uptimeMs, impossibleMs: uptimeMs + IMPOSSIBLE_LEASES * leaseMs };
  }

  #checkLease(lease: Lease): RunRows {
    const rows = this.#rowsIfHeld(lease);
    if (!rows) throw new AppError('LEASE_LOST');
    return rows;
  }

  #rowsIfHeld(lease: Lease): RunRows | undefined {
    const rows = this.#rowsOf(lease);
    return rows && this.#statements.leaseToken.get({ row: rows.session })?.token === lease.token
      ? rows
      : undefined;
  }

  #rowsOf(lease: Lease): RunRows | undefined {
    const rows = this.#rows.get(lease) ?? this.#statements.rowsOf.get({ runId: lease.runId }) ?? undefined;
    if (rows) this.#rows.set(lease, rows);
    return rows;
  }

  /** The rows of the lease's run and session. Throws LEASE_LOST, also if there are no frames. */
  #insertFrames(lease: Lease, frames: readonly Frame[]): RunRows {
    const rows = frames.length > 0 ? this.#rowsOf(lease) : this.#rowsIfHeld(lease);
    if (!rows) throw new AppError('LEASE_LOST');
    let rest = frames;
    while (rest[0]) {
      const { kind, index: first } = rest[0];
      const end = rest.findIndex((frame) => frame.kind !== kind);
      const batch = end === -1 ? rest : rest.slice(0, end);
      const lines = batch.map(({ json }) => json).join('\n');
      const added = { ...rows, token: lease.token, first, count: batch.length, kind, lines };
      // The insert checks the lease itself: a separate query would be one more in every turn.
      if (this.#statements.insertFrames.run(added).changes === 0) throw new AppError('LEASE_LOST');
      rest = rest.slice(batch.length);
    }
    return rows;
  }
}

const keyOf = ({ appName, userId, sessionId }: CompositeSessionKey) => ({ appName, userId, sessionId });
const asKind = (kind: string): Frame['kind'] => (kind === 'error' ? 'error' : 'event');
