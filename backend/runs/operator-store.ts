import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { RunState } from './run.ts';

/** A run that has not ended, whichever process executes it. */
export interface ActiveRun {
  id: string;
  session: CompositeSessionKey;
  invocationId: string;
  state: Extract<RunState, 'queued' | 'running'>;
  /** The process that executes it; empty while it is queued. */
  owner: string;
  takeovers: number;
  isCancelRequested: boolean;
  /** When it began or was queued, in milliseconds since the epoch. */
  startedMs: number;
  /** Model tokens at the last renewal of the lease. */
  tokens: number;
  /**
   * Time of its last event at the last renewal, in milliseconds since the epoch; undefined before the first renewal.
   */
  eventMs?: number;
}

/** Selects runs; fields left out match everything. */
export interface RunFilter {
  appName?: string;
  userId?: string;
}

export interface ActiveRunPage {
  runs: ActiveRun[];
  /** Cursor of the next page; undefined on the last one. */
  next?: string;
}

/** New turns are refused while this is set. */
export interface Maintenance {
  /** The sentence for callers and people. */
  sentence: string;
  retryAfterSeconds: number;
  sinceMs: number;
  /** The operator who set it. */
  by: string;
}

/** What an operator sees and changes beyond one session. */
export interface OperatorStore {
  /**
   * Runs that have not ended, of all sessions and processes, in a stable order for pages. `limit` counts sessions: each
   * is listed with its queued messages. Throws BAD_CURSOR.
   */
  activeRuns(filter: RunFilter, limit: number, cursor?: string): Promise<ActiveRunPage>;
  /**
   * Stores the sentence that people read when this run is stopped. It is deleted with the run. Ignores unknown runs.
   */
  keepStopSentence(runId: string, sentence: string): Promise<void>;
  /** Undefined if no operator stopped the run. */
  stopSentence(runId: string): Promise<string | undefined>;
  maintenance(): Promise<Maintenance | undefined>;
  setMaintenance(maintenance: Maintenance | undefined): Promise<void>;
}
