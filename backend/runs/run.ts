import type { Content } from '@google/genai';
import { AppError } from '../errors/app-error.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { TurnRequest } from '../turn/turn-request.ts';

export type { TurnRequest } from '../turn/turn-request.ts';

/**
 * What a listener of a run receives: the JSON text that stands after `data: `, serialised once for all listeners.
 * `index` counts from 0, without gaps but where another process went on with the run (`processOf`).
 */
export interface Frame {
  index: number;
  json: string;
  /** An error frame is not an event: /run answers 500 instead of listing it. */
  kind: 'event' | 'error';
}

/** How a run can end. */
export type EndState = 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** `queued`: accepted, and begun once the session's earlier turns have ended. */
export type RunState = 'queued' | 'running' | EndState;

export const hasEnded = (state: RunState): state is EndState => state !== 'queued' && state !== 'running';

/** Tokens as the model's side counted them, over all model calls of a run. */
export interface TokenUse {
  /** Of prompts, with what tools of Google's added. */
  input: number;
  /** Of those, what the model's side had in its cache. */
  cached: number;
  /** Of answers, thinking included. */
  output: number;
  thinking: number;
  /** As Gemini adds them up. */
  total: number;
  /** US dollars, by model/prices.ts; what models without a price have used is not in it. */
  costUsd: number;
  /** Models without a price that have answered. */
  unpriced: string[];
}

/** What is told of a run without its frames. */
export interface RunSummary {
  id: string;
  invocationId: string;
  state: RunState;
  /** Milliseconds since the epoch. */
  startedMs: number;
  endedMs?: number;
  /** Of a queued run alone: of the others the session has it. */
  newMessage?: Content;
  /** Once it has ended. */
  usage?: TokenUse;
}

/**
 * One turn under way, detached from the connection that began it: no listener, however slow or gone, stops or slows it.
 */
export interface Run {
  readonly id: string;
  readonly invocationId: string;
  readonly state: RunState;
  /** Of a run that was queued: resolves when it has begun or never will. Never rejects. */
  readonly started?: Promise<void>;
  /**
   * Frames from `fromIndex` on, first those already there, then live; ends with the run, also when another process has
   * taken it over. Leaving the loop does not stop the run. Who reads counts as a listener.
   */
  frames(fromIndex?: number, signal?: AbortSignal): AsyncIterable<Frame>;
  /** Resolves when the first frame is there, or the run has ended without one; never rejects. */
  readonly firstFrame: Promise<void>;
  /** Resolves when the run has ended and everything of it is stored, or when it goes on in another process; never rejects. */
  readonly ended: Promise<void>;
  /** What the part of the run that this process worked on has used so far. */
  readonly tokens: TokenUse;
  /** Whether it failed by a bug: of the service, or of the agent's code. */
  readonly isFault: boolean;
}

/**
 * Whether listening to a run failed because the store did not answer, while the run itself goes on: some process works on it
 * again once the store is back, so the message must not be sent again.
 */
export const isTakenUpLater = (error: unknown, { state }: Pick<Run, 'state'>): boolean =>
  error instanceof AppError && error.code === 'STORE_UNAVAILABLE' && !hasEnded(state);

/** Where a listener takes up a run: after the last frame it has seen. */
export interface Attachment {
  run: Run;
  fromIndex: number;
}

/** A run of a session by its id, or whichever is under way: `running`. */
export interface RunChoice {
  session: CompositeSessionKey;
  runId: string;
}

export interface RunService {
  /**
   * Begins a turn, or queues it where the session is busy and the request says so (`whenBusy`). Throws AppError
   * (SESSION_NOT_FOUND, SESSION_BUSY, QUEUE_FULL, …) before anything is stored; after that, failures are frames.
   */
  start(request: TurnRequest): Promise<Run>;
  /**
   * Listens to a run of any process. `lastEventId` is the SSE id of the last frame seen.
   * Throws RUN_NOT_FOUND, BAD_LAST_EVENT_ID.
   */
  attach(choice: RunChoice, lastEventId?: string): Promise<Attachment>;
  /**
   * Stops a run of any process, or takes a queued one back; what was shown stays in the session. Resolves when it has ended, or after a few seconds
   * with the state it is in. Ended runs stay as they are. Throws RUN_NOT_FOUND.
   */
  cancel(choice: RunChoice): Promise<RunSummary>;
  /** Runs of a session that are still kept, newest first. */
  list(session: CompositeSessionKey): Promise<RunSummary[]>;
  /** How many runs are under way in this process. */
  readonly activeCount: number;
  /** No new runs from now on; resolves when the running ones have ended, or are handed over once `withinMs` is over. */
  drain(withinMs: number): Promise<void>;
}
