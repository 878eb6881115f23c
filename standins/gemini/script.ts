import type { Part } from './request.ts';

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'MALFORMED_FUNCTION_CALL';

/** How a stream goes wrong after it began well. */
export interface Mishap {
  kind: 'stall' | 'break' | 'error' | 'garbage' | 'plain error' | 'end';
  /** Chunks that are sent before it; 0 = headers only. */
  afterChunks: number;
}

/** An answer of a proxy, or of nobody: taken for a model's, it would be silence. */
export type NoAnswer = 'HTML' | 'a list' | 'nothing' | 'usage alone' | '204' | 'a redirect';

/** A refusal before the stream: the HTTP status and Google's name for it. */
export interface Refusal {
  status: number;
  /** Seconds of google.rpc.RetryInfo; left out of the body when undefined. */
  retryAfterSeconds?: number;
}

/** What the stand-in does for one request; made by a rule, changed by modifiers. */
export interface Script {
  text: string;
  thought?: string;
  calls?: NonNullable<Part['functionCall']>[];
  finishReason?: FinishReason;
  /** The prompt itself is blocked: no candidate at all. */
  promptBlocked?: boolean;
  mishap?: Mishap;
  refusal?: Refusal;
  noAnswer?: NoAnswer;
  /** Number of pieces that the text is streamed in; the command line's default when left out. */
  chunks?: number;
  /** One chunk per word, regardless of `chunks`. */
  chunkPerWord?: boolean;
  delayMs?: number;
}
