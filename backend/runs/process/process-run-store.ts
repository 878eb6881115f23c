import { AppError } from '../../errors/app-error.ts';
import { sessionBusy } from '../../errors/session-busy.ts';
import type { CompositeSessionKey } from '../../sessions/session-store.ts';
import type { WriterGuard } from '../../sessions/writer-guard.ts';
import type { Frame, RunState } from '../run.ts';
import type { FramePace, Lease, NewRun, RunRecord, RunStore, StoredFrames } from '../run-store.ts';

export interface ProcessRunStoreOptions {
  /** Time of the session's newest event, milliseconds; undefined where there is no such session. */
  newestEventMs: (session: CompositeSessionKey) => Promise<number | undefined>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

interface Kept {
  record: RunRecord;
  frames: Frame[];
}

/**
 * Runs that end with their process: kept in memory, for session stores that cannot keep them. A session is leased within
 * this process only; nothing is taken over and nothing handed over.
 */
export class ProcessRunStore implements RunStore, WriterGuard {
  readonly outlivesProcess = false;
  /** Nothing is saved by gathering frames here. */
  readonly pace: FramePace = { everyMs: 0, maxFrames: 1 };
  readonly #options: ProcessRunStoreOptions;
  readonly #runs = new Map<string, Kept>();
  readonly #leases = new Map<string, Lease>();
  #lastFence = 0;

  constructor(options: ProcessRunStoreOptions) {
    this.#options = options;
  }

  assertMayWrite(session: CompositeSessionKey, fence: number | undefined): void {
    const lease = this.#leases.get(nameOf(session));
    if (fence === undefined && lease) throw sessionBusy(lease.runId);
    if (fence !== undefined && lease?.fence !== fence) throw new AppError('LEASE_LOST');
  }

  async begin(run: NewRun): Promise<{ run: RunRecord; lease: Lease }> {
    const { session, id: runId } = run;
    const name = nameOf(session);
    const held = this.#leases.get(name);
    if (held) throw sessionBusy(held.runId);
    const lease: Lease = { runId, session, fence: ++this.#lastFence };
    // Taken before anything is waited for, so that of two at once one is refused.
    this.#leases.set(name, lease);
    try {
      const begunAfterMs = await this.#options.newestEventMs(session);
      if (begunAfterMs === undefined)
        throw new AppError('SESSION_NOT_FOUND', `Session not found: ${session.sessionId}`);
      const record: RunRecord = {
        ...run,
        state: 'running',
        begunAfterMs,
        takeovers: 0,
        isCancelRequested: false,
      };
      this.#runs.set(runId, { record, frames: [] });
      return { run: { ...record }, lease };
    } catch (error) {
      this.#leases.delete(name);
      throw error;
    }
  }

  async renew(owner: string): Promise<Set<string>> {
    const mine = [...this.#runs.values()].filter(({ record }) => record.owner === owner);
    return new Set(mine.flatMap(({ record }) => (record.state === 'running' ? [record.id] : [])));
  }

  async addFrames(lease: Lease, frames: readonly Frame[]): Promise<void> {
    this.#held(lease).frames.push(...frames);
  }

  async end(lease: Lease, state: Exclude<RunState, 'running'>, frames: readonly Frame[]): Promise<void> {
    const kept = this.#held(lease);
    kept.frames.push(...frames);
    kept.record = {
      ...kept.record,
      state,
      request: undefined,
      isCancelRequested: false,
      endedMs: (this.#options.now ?? Date.now)(),
    };
    this.#leases.delete(nameOf(lease.session));
  }

  async handOver(): Promise<void> {
    throw new Error('Runs of this process cannot be handed over.');
  }

  async takeExpired(): Promise<[]> {
    return [];
  }

  async get(runId: string): Promise<RunRecord | undefined> {
    const record = this.#runs.get(runId)?.record;
    return record && { ...record };
  }

  async running(session: CompositeSessionKey): Promise<RunRecord | undefined> {
    const lease = this.#leases.get(nameOf(session));
    return lease && this.get(lease.runId);
  }

  async list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]> {
    const name = nameOf(session);
    return [...this.#runs.values()]
      .map(({ record }) => record)
      .filter((record) => nameOf(record.session) === name)
      .toSorted((a, b) => b.startedMs - a.startedMs)
      .slice(0, limit);
  }

  async frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined> {
    const kept = this.#runs.get(runId);
    if (!kept) return undefined;
    const { frames, record } = kept;
    return { frames: frames.slice(Math.max(0, fromIndex)), count: frames.length, state: record.state };
  }

  async requestCancel(runId: string): Promise<void> {
    const kept = this.#runs.get(runId);
    if (kept?.record.state === 'running') kept.record.isCancelRequested = true;
  }

  async cancelRequests(owner: string): Promise<string[]> {
    const wanted = [...this.#runs.values()].filter(
      ({ record }) => record.owner === owner && record.isCancelRequested,
    );
    return wanted.map(({ record }) => record.id);
  }

  async prune(endedBeforeMs: number): Promise<void> {
    for (const [id, { record }] of this.#runs)
      if (record.endedMs !== undefined && record.endedMs < endedBeforeMs) this.#runs.delete(id);
  }

  /** Nothing is known of other processes here, so a task's runs are protected for as long as they may take. */
  async noteRevision(): Promise<void> {}

  async newerRevisionSince(): Promise<undefined> {
    return undefined;
  }

  #held(lease: Lease): Kept {
    const kept = this.#runs.get(lease.runId);
    if (!kept || this.#leases.get(nameOf(lease.session))?.fence !== lease.fence)
      throw new AppError('LEASE_LOST');
    return kept;
  }
}

const nameOf = ({ appName, userId, sessionId }: CompositeSessionKey): string =>
  JSON.stringify([appName, userId, sessionId]);
