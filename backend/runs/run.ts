export type { TurnRequest } from '../turn/turn-request.ts';
import type { TurnRequest } from '../turn/turn-request.ts';

/**
 * What a listener of a run receives: the JSON text that stands after `data: `, serialised once for all listeners.
 * `index` counts from 0 without gaps.
 */
export interface Frame {
  index: number;
  json: string;
  /** An error frame is not an event: /run answers 500 instead of listing it. */
  kind: 'event' | 'error';
}

export type RunState = 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

/**
 * One turn under way, detached from the connection that began it: no listener, however slow or gone, stops or slows it.
 */
export interface Run {
  readonly id: string;
  readonly invocationId: string;
  readonly state: RunState;
  /** Frames from `fromIndex` on, first those already there, then live; ends with the run. Leaving the loop does not stop the run. */
  frames(fromIndex?: number, signal?: AbortSignal): AsyncIterable<Frame>;
  /** Resolves when the run has ended and everything of it is stored; never rejects. */
  readonly ended: Promise<void>;
}

export interface RunService {
  /** Begins a turn. Throws AppError (SESSION_NOT_FOUND, …) before anything is stored; after that, failures are frames. */
  start(request: TurnRequest): Promise<Run>;
  /** How many runs are under way in this process. */
  readonly activeCount: number;
  /** No new runs from now on; resolves when the running ones have ended or `withinMs` is over. */
  drain(withinMs: number): Promise<void>;
}
