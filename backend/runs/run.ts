import type { Content } from '@google/genai';
import { AppError } from '../errors/app-error.ts';
import type { CompositeSessionKey } from '../sessions/session-store.ts';
import type { TurnRequest } from '../turn/turn-request.ts';

export type { TurnRequest } from '../turn/turn-request.ts';

/**
 * What a listener of a run receives: the JSON text after `data: `, serialised once for all listeners. `index` counts
 * from 0 without a gap.
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

/** Tokens over all model calls of a run, as the model API counted them. */
export interface TokenUse {
  /** Tokens of prompts, including those added by Google's tools. */
  input: number;
  /** The part of them that the model API had cached. */
  cached: number;
  /** Tokens of answers, including thinking. */
  output: number;
  thinking: number;
  /** Gemini's own total. */
  total: number;
  /** US dollars, by model/prices.ts; does not include models without a price. */
  costUsd: number;
  /** Models without a price that have answered. */
  unpriced: string[];
}

/** A run without its frames. */
export interface RunSummary {
  id: string;
  invocationId: string;
  state: RunState;
  /** Milliseconds since the epoch. */
  startedMs: number;
  endedMs?: number;
  /** Only for a queued run: for others the session has it. */
  newMessage?: Content;
  /** Set once it has ended. */
  usage?: TokenUse;
}

/** One turn, detached from the connection that began it: no slow or disconnected listener stops or slows it. */
export interface Run {
  readonly id: string;
  readonly invocationId: string;
  readonly state: RunState;
  /** For a queued run: resolves when it has begun or never will. Never rejects. */
  readonly started?: Promise<void>;
  /**
   * Frames from `fromIndex` on, first the existing ones, then live, in the batches that become readable together; ends
   * with the run, even if another process has taken it over. Leaving the loop does not stop the run. A reader counts as a
   * listener.
   */
  batches(fromIndex?: number, signal?: AbortSignal): AsyncIterable<readonly Frame[]>;
  /** The same, one by one. */
  frames(fromIndex?: number, signal?: AbortSignal): AsyncIterable<Frame>;
  /** Resolves when the first frame exists, or the run has ended without one; never rejects. */
  readonly firstFrame: Promise<void>;
  /** Resolves when the run has ended and everything is stored, or when another process continues it; never rejects. */
  readonly ended: Promise<void>;
  /** Usage of the part of the run that this process executed. */
  readonly tokens: TokenUse;
  /** Whether it failed because of a bug in the service or in the agent's code. */
  readonly isFault: boolean;
}

/** The frames of batches, one by one. */
export async function* oneByOne(batches: AsyncIterable<readonly Frame[]>): AsyncGenerator<Frame, void> {
  for await (const frames of batches) yield* frames;
}

/**
 * Whether reading a run failed because the store did not answer, while the run itself continues: a process will
 * continue it once the store is back, so the message must not be sent again.
 */
export const isTakenUpLater = (error: unknown, { state }: Pick<Run, 'state'>): boolean =>
  error instanceof AppError && error.code === 'STORE_UNAVAILABLE' && !hasEnded(state);

/** Where a listener attaches to a run: after the last frame it has seen. */
export interface Attachment {
  run: Run;
  fromIndex: number;
}

/** A run of a session by its id, or `running` for the running one. */
export interface RunChoice {
  session: CompositeSessionKey;
  runId: string;
}

export interface RunService {
  /**
   * Begins a turn, or queues it if the session is busy and the request says so (`whenBusy`). Throws AppError
   * (SESSION_NOT_FOUND, SESSION_BUSY, QUEUE_FULL, …) before anything is stored; later failures are frames. Nothing is
   * stored or asked before `allowed` resolves; if it throws, that is thrown.
   */
  start(request: TurnRequest, allowed?: Promise<unknown>): Promise<Run>;
  /**
   * Attaches to a run of any process. `lastEventId` is the SSE id of the last frame seen. Throws RUN_NOT_FOUND,
   * BAD_LAST_EVENT_ID.
   */
  attach(choice: RunChoice, lastEventId?: string): Promise<Attachment>;
  /**
   * Cancels a run of any process, or takes a queued one back; the shown text stays in the session. Resolves when it has
   * ended, or after a few seconds with its current state. Ended runs are unchanged. Throws RUN_NOT_FOUND.
   */
  cancel(choice: RunChoice): Promise<RunSummary>;
  /** A session's stored runs, newest first. */
  list(session: CompositeSessionKey): Promise<RunSummary[]>;
  /** Number of active runs in this process. */
  readonly activeCount: number;
  /** Accepts no new runs; resolves when the running ones have ended, or are handed over after `withinMs`. */
  drain(withinMs: number): Promise<void>;
}
