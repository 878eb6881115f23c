import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { TurnRequest } from '../turn/turn-request.ts';
import type { FramePacing } from './frame-pacing.ts';
import type { EndState, Frame, RunState, TokenUse } from './run.ts';

/** What is kept of a run. */
export interface RunRecord {
  id: string;
  session: CompositeSessionKey;
  invocationId: string;
  state: RunState;
  /** What was asked for: enough to begin it, or to begin again where not even the message was stored. Empty once the run has ended. */
  request: TurnRequest | undefined;
  /** The session's newest event when the run began: later ones of its invocation are the run's. Milliseconds. */
  begunAfterMs: number;
  /** The process that works on it. */
  owner: string;
  takeovers: number;
  isCancelRequested: boolean;
  /** When it began, or was queued. Milliseconds since the epoch. */
  startedMs: number;
  endedMs?: number;
  /** What its model calls have used, over all processes that worked on it; once it has ended by itself or was stopped. */
  usage?: TokenUse;
}

export type NewRun = Pick<RunRecord, 'id' | 'session' | 'invocationId' | 'owner' | 'startedMs'> & {
  request: TurnRequest;
};

/** The right to write to a session and to its run, until the session is given to another holder. */
export interface Lease {
  runId: string;
  session: CompositeSessionKey;
  token: number;
}

export interface TakenRun {
  run: RunRecord;
  lease: Lease;
}

/** How far a run has come, told with each renewal of its lease. */
export interface RunProgress {
  /** Model tokens, over all processes that worked on it. */
  tokens: number;
  /** When its last event came. Milliseconds since the epoch. */
  eventMs: number;
}

/** Frames of a run, and how it stood at the same moment. */
export interface StoredFrames {
  frames: Frame[];
  /** How many there are in all: the index of the next one. */
  count: number;
  state: RunState;
}

/**
 * Where runs, their frames and their leases are kept, for several processes.
 *
 * Rules for every implementation:
 * - one running run a session: `begin` is refused while there is one, whether its process lives or not;
 * - every write that takes a lease is refused (LEASE_LOST) when the token of the session's lease is another;
 * - `begin`, `end` and `take` change run and lease together or not at all;
 * - frames of a run are numbered without gaps, and what was stored is never changed.
 */
export interface RunStore {
  readonly pacing: FramePacing;

  /** Throws SESSION_NOT_FOUND, or SESSION_BUSY that names the running run. */
  begin(run: NewRun, leaseMs: number): Promise<{ run: RunRecord; lease: Lease }>;

  /** Prolongs a lease, and notes the progress of its run; false where it is not this process's any more. */
  renew(lease: Lease, leaseMs: number, progress?: RunProgress): Promise<boolean>;

  /** Adds frames that follow those that are there. */
  addFrames(lease: Lease, frames: readonly Frame[]): Promise<void>;

  /**
   * Adds the last frames, notes how the run ended and what it used, and gives the lease back. Where messages are queued, the next one gets
   * the lease in the same write, run out already: whoever takes it begins the turn, and no message depends on a process.
   */
  end(lease: Lease, state: EndState, frames: readonly Frame[], usage?: TokenUse): Promise<Lease | undefined>;

  /**
   * Queues a run behind the session's others; `isInterrupting`: ahead of the queue, and the running one is asked to stop.
   * Undefined where nothing is in its way: begin it. Throws QUEUE_FULL, or SESSION_BUSY where what runs cannot be stopped.
   */
  enqueue(run: NewRun, isInterrupting: boolean): Promise<RunRecord | undefined>;
  /** Ends a run as cancelled that has not begun; false where it has. */
  cancelQueued(runId: string): Promise<boolean>;

  /** Lets another process take over at once. */
  handOver(lease: Lease): Promise<void>;

  /** Leases that have run out, at most `limit`, without those of the runs in `except`. `leaseMs`: how long leases are. */
  expired(limit: number, leaseMs: number, except: ReadonlySet<string>): Promise<Lease[]>;
  /**
   * Gives the run of an expired lease to this process, and begins it where it was queued. Undefined where another process was faster or there is nothing to
   * go on with. Tries once and does not wait long: the caller tries again.
   */
  take(expired: Lease, owner: string, leaseMs: number): Promise<TakenRun | undefined>;

  get(runId: string): Promise<RunRecord | undefined>;
  /** The running run of a session. */
  running(session: CompositeSessionKey): Promise<RunRecord | undefined>;
  /** Runs of a session that are still kept, newest first. */
  list(session: CompositeSessionKey, limit: number): Promise<RunRecord[]>;

  /** Frames from `fromIndex` on; undefined where the run is not kept. */
  frames(runId: string, fromIndex: number): Promise<StoredFrames | undefined>;

  /** Asks the process that works on the run to stop it. */
  requestCancel(runId: string): Promise<void>;
  /** Runs of this process that someone wants stopped. */
  cancelRequests(owner: string): Promise<string[]>;

  /** Deletes runs that ended before `endedBeforeMs`, with their frames. */
  prune(endedBeforeMs: number): Promise<void>;

  /** Notes that a process of this revision runs; the first note of each revision counts. */
  noteRevision(revision: string): Promise<void>;
  /** When a revision newer than this one was first noted, milliseconds; undefined while there is none. */
  newerRevisionSince(revision: string): Promise<number | undefined>;
}
