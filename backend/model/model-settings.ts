import type { Logger } from '../observability/logger.ts';

/** Where the model's answers come from. */
export type ModelBackend =
  | {
      kind: 'gemini-api';
      apiKey: () => string | Promise<string>;
      /** Looks for a newer key than the refused one; true when `apiKey` now gives it. */
      renewKey?: (refused: string) => Promise<boolean>;
      baseUrl?: string;
    }
  | {
      kind: 'vertex';
      project: string;
      location: string;
      accessToken: () => Promise<string>;
      baseUrl?: string;
    }
  /** Answers by rules, over Gemini's HTTP API; never allowed in staging (the configuration refuses it). */
  | { kind: 'stand-in'; baseUrl: string };

export interface ModelTimeouts {
  /** From the request to the first byte of the answer. */
  firstByteMs: number;
  /** Between two pieces of a streamed answer. */
  silenceMs: number;
  /**
   * From the first try of a call to the first byte of its answer (without a stream: to its last), all tries together.
   * Below the load balancer's idle time, or a caller hears of the failure from the load balancer.
   */
  answerMs: number;
  /** How long a stream is still read after Gemini has said that the answer is over: usage may follow. */
  afterEndMs: number;
}

export interface ModelSettings {
  backend: ModelBackend;
  /** Used in the place of whatever Gemini model an agent names. */
  model?: string;
  timeouts?: Partial<ModelTimeouts>;
  /** Attempts after the first one, only while nothing of the answer has been passed on. */
  maxRetries?: number;
  /** Answers an agent's call that was refused before its first piece. False when it cannot, and the refusal stands. */
  peerFallback?: (
    agentName: string,
    refused: { code: string; status: number | undefined },
    signal: AbortSignal | undefined,
  ) => Promise<boolean>;
  /** Hears after each answer which model was asked and which one says that it answered. */
  onAnswer?: (asked: string, answered: string | undefined) => void;
  log?: Logger;
  fetch?: typeof globalThis.fetch;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const DEFAULT_TIMEOUTS: ModelTimeouts = {
  firstByteMs: 60_000,
  silenceMs: 60_000,
  answerMs: 100_000,
  afterEndMs: 5_000,
};
export const DEFAULT_MAX_RETRIES = 3;
