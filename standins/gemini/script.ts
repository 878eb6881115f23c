import type { Part } from './request.ts';

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'MALFORMED_FUNCTION_CALL';

/** How a stream fails after a good start. */
export interface Mishap {
  kind: 'stall' | 'break' | 'error' | 'garbage' | 'plain error' | 'end';
  /** Chunks sent before the failure; 0 means headers only. */
  afterChunks: number;
}

/**
 * A response that does not come from a model but, for example, from a proxy. A client that accepted it would show an
 * empty answer.
 */
export type NoAnswer = 'HTML' | 'a list' | 'nothing' | 'usage alone' | '204' | 'a redirect';

/** A refusal before the stream: the HTTP status and Google's name for it. */
export interface Refusal {
  status: number;
  /** Seconds in google.rpc.RetryInfo; left out of the body if undefined. */
  retryAfterSeconds?: number;
}

/** The stand-in's response to one request; made by a rule, changed by modifiers. */
export interface Script {
  text: string;
  thought?: string;
  calls?: NonNullable<Part['functionCall']>[];
  finishReason?: FinishReason;
  /** The prompt itself is blocked: the response has no candidate. */
  promptBlocked?: boolean;
  mishap?: Mishap;
  refusal?: Refusal;
  noAnswer?: NoAnswer;
  /** Number of chunks of the text; default: the command line's. */
  chunks?: number;
  /** One chunk per word, regardless of `chunks`. */
  chunkPerWord?: boolean;
  delayMs?: number;
  /** Numbers of chunks after which the answer waits for POST /stand-in/release. */
  heldAfter?: readonly number[];
}
