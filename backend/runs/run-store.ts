import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { TurnRequest } from '../turn/turn-request.ts';
import type { FramePacing } from './frame-pacing.ts';
import type { EndState, Frame, RunState, TokenUse } from './run.ts';

/** A stored run. */
export interface RunRecord {
  id: string;
  session: CompositeSessionKey;
  invocationId: string;
  state: RunState;
  /**
   * The request: enough to begin the run, or to begin again if not even its message was stored. Only queued runs and one that
   * is taken over have it: a message may have 20 MiB, and runs are listed and polled. Empty once the run has
   * ended.
   */
  request: TurnRequest | undefined;
  /**
   * Time of the session's newest event when the run began, in milliseconds: later events of its invocation belong to
   * the run.
   */
  begunAfterMs: number;
  /** The process that executes it. */
  owner: string;
  takeovers: number;
  isCancelRequested: boolean;
  /** When it began or was queued, in milliseconds since the epoch. */
  startedMs: number;
  endedMs?: number;
  /**
   * Usage of its model calls, over all processes that executed it; set once it has ended by itself or was cancelled.
   */
  usage?: TokenUse;
}

export type NewRun = Pick<RunRecord, 'id' | 'session' | 'invocationId' | 'owner' | 'startedMs'> & {
  request: TurnRequest;
};

/** The right to write to a session and its run, until the session is given to another holder. */
export interface Lease {
  runId: string;
  session: CompositeSessionKey;
  token: number;
}

export interface TakenRun {
  run: RunRecord;
  lease: Lease;
}

export interface BegunRun {
  run: RunRecord;
  lease: Lease;
  /**
   * Missing if the run is stored. Else it is stored together with the first event under its lease, or when this is
   * called: nothing may be shown or done before this resolves. Throws as `begin` does, or SESSION_CHANGED if somebody
   * else has written to the session since: begin again.
   */
  stored?: () => Promise<void>;
}

export interface BeginOptions {
  leaseMs: number;
  /** Whether the run's message follows at once: it may be stored with the run. */
  isFollowed?: boolean;
  /** Nothing is stored before this resolves; if it rejects, `begin` does too. */
  allowed?: Promise<unknown>;
}

/** A lease that another process may take. */
export interface ExpiredLease extends Lease {
  /** The process that held it; missing for the next run of a queue. */
  owner?: string;
}

export interface Expired {
  leases: ExpiredLease[];
  /** Milliseconds until the next heartbeat runs out, unless its process stores another; undefined without heartbeats. */
  nextInMs: number | undefined;
}

/** A run's progress, stored with each renewal of its lease. */
export interface RunProgress {
  /** Model tokens, over all processes that executed it. */
  tokens: number;
  /** Time of its last event, in milliseconds since the epoch. */
  eventMs: number;
}

/** Frames of a run, and its state: if it has ended, these are its last frames. */
export interface StoredFrames {
  frames: Frame[];
  state: RunState;
}

/**
 * Stores runs, their frames and their leases, for several processes.
 *
 * Rules for every implementation:
 * - one running run per session: `begin` is refused while there is one, even if its process is dead;
 * - every write that takes a lease is refused (LEASE_LOST) if the session's lease has another token;
 * - a lease expires at its own time, or earlier when the heartbeat of its process runs out; both by the store's clock;
 * - `begin`, `end` and `take` change run and lease together or not at all;
 * - frames of a run are numbered without gaps, and stored frames never change.
 */
export interface RunStore {
  readonly pacing: FramePacing;

  /** Throws SESSION_NOT_FOUND, or SESSION_BUSY with the running run. */
  begin(run: NewRun, options: BeginOptions): Promise<BegunRun>;

  /** Extends a lease, and stores the progress of its run; false if this process does not hold it any more. */
  renew(lease: Lease, leaseMs: number, progress?: RunProgress): Promise<boolean>;

  /** Appends frames. */
  addFrames(lease: Lease, frames: readonly Frame[]): Promise<void>;

  /**
   * Appends the last frames, stores the run's end state and usage, and releases the lease. If messages are queued, the
   * next one gets the lease in the same write, already expired: whoever takes it begins the turn, and no message
   * depends on one process.
   */
  end(lease: Lease, state: EndState, frames: readonly Frame[], usage?: TokenUse): Promise<Lease | undefined>;

  /**
   * Queues a run behind the session's others; `isInterrupting`: ahead of the queue, and the running one is asked to
   * stop. Undefined if nothing blocks it: begin it. Throws QUEUE_FULL, or SESSION_BUSY if the running one cannot be
   * stopped.
   */
  enqueue(run: NewRun, isInterrupting: boolean): Promise<RunRecord | undefined>;
  /** Cancels a run that has not begun; false if it has. */
  cancelQueued(runId: string): Promise<boolean>;

  /** Lets another process take over at once. */
  handOver(lease: Lease): Promise<void>;

  /**
   * Stores a heartbeat of a process, which holds its leases for `holdMs` from now on. False if there was none, or if
   * it had run out: other processes may have taken runs.
   */
  beat(owner: string, holdMs: number): Promise<boolean>;
  /** Deletes the heartbeat of a process that holds no leases. */
  stopBeating(owner: string): Promise<void>;

  /**
   * Expired leases, at most `limit`, without those of the runs in `except`. `leaseMs`: the duration of leases. `self`:
   * the process that asks; its own late heartbeat ends none of its leases.
   */
  expired(limit: number, leaseMs: number, except: ReadonlySet<string>, self: string): Promise<Expired>;
  /**
   * Gives the run of an expired lease to this process, and begins it if it was queued. Undefined if another process was
   * faster or there is nothing to continue. Tries once and does not wait long: the caller retries.
   */
  take(expired: ExpiredLease, owner: string, leaseMs: number): Promise<TakenRun | undefined>;

  get(runId: string): Promise<RunRecord | undefined>;
  /** The running run of a session. */
  running(session: CompositeSessionKey): Promise<RunRecord | undefined>;
  /** A session's stored runs, newest first. */
  list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]>;

  /** Frames from `fromIndex` on; undefined if the run is not stored. */
  frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined>;
  /** The index after a run's last stored frame; 0 if there is none. */
  frameCount(runId: string): Promise<number>;

  /** Asks the process that executes the run to stop it. */
  requestCancel(runId: string): Promise<void>;
  /** Runs of this process that someone wants to cancel. */
  cancelRequests(owner: string): Promise<string[]>;

  /** Deletes runs that ended before `endedBeforeMs`, with their frames. */
  prune(endedBeforeMs: number): Promise<void>;

  /** Records that a process of this revision runs; the first call of each revision counts. */
  noteRevision(revision: string): Promise<void>;
  /** When a revision newer than this one was first recorded, in milliseconds; undefined while there is none. */
  newerRevisionSince(revision: string): Promise<number | undefined>;
}
