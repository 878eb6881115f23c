import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { RunState } from './run.ts';

/** What is known of a run that has not ended, whichever process works on it. */
export interface ActiveRun {
  id: string;
  session: CompositeSessionKey;
  invocationId: string;
  state: Extract<RunState, 'queued' | 'running'>;
  /** The process that works on it; empty while it is queued. */
  owner: string;
  takeovers: number;
  isCancelRequested: boolean;
  /** When it began, or was queued. Milliseconds since the epoch. */
  startedMs: number;
  /** Model tokens so far, as of the last renewal of the lease. */
  tokens: number;
  /** When its last event came, as of the last renewal; undefined before the first renewal. Milliseconds since the epoch. */
  eventMs?: number;
}

/** Which runs are meant; what is left out is not looked at. */
export interface RunFilter {
  appName?: string;
  userId?: string;
}

export interface ActiveRunPage {
  runs: ActiveRun[];
  /** Where the next page begins; undefined on the last one. */
  next?: string;
}

/** New turns are refused while it stands. */
export interface Maintenance {
  /** What callers and people read. */
  sentence: string;
  retryAfterSeconds: number;
  sinceMs: number;
  /** The operator who began it. */
  by: string;
}

/** What an operator sees and changes beyond one session. */
export interface OperatorStore {
  /**
   * Runs that have not ended, of all sessions and processes, in an order that pages can be made of. `limit` counts
   * sessions: each is listed with the messages that wait in it. Throws BAD_CURSOR.
   */
  activeRuns(filter: RunFilter, limit: number, cursor?: string): Promise<ActiveRunPage>;
  maintenance(): Promise<Maintenance | undefined>;
  setMaintenance(maintenance: Maintenance | undefined): Promise<void>;
}
