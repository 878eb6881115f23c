import type { Logger } from '../observability/logger.ts';
import type { InferenceOutcome } from '../observability/metrics.ts';

/** Where model requests are sent. */
export type ModelBackend =
  | {
      kind: 'gemini-api';
      apiKey: () => string | Promise<string>;
      /** Looks for a key newer than the refused one; true if `apiKey` now returns it. */
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
  /** A stand-in that answers by rules, over Gemini's HTTP API; the configuration refuses it in staging. */
  | { kind: 'stand-in'; baseUrl: string };

export interface ModelTimeouts {
  /** From the request to the first byte of the answer. */
  firstByteMs: number;
  /** Between two chunks of a streamed answer. */
  silenceMs: number;
  /**
   * From the first attempt to the first byte of the answer (without streaming: to the last), over all attempts. Must be
   * below the load balancer's idle timeout, or the caller gets the load balancer's error instead of ours.
   */
  answerMs: number;
  /** How long a stream is still read after Gemini has said that the answer is complete: usage may follow. */
  afterEndMs: number;
}

export interface ModelSettings {
  backend: ModelBackend;
  /** Replaces any Gemini model that an agent names. */
  model?: string;
  timeouts?: Partial<ModelTimeouts>;
  /** Retries; only made while nothing of the answer has been passed on. */
  maxRetries?: number;
  /**
   * Answers an agent's call that was refused before its first chunk. Returns false if it cannot; the refusal is then
   * thrown.
   */
  peerFallback?: (
    agentName: string,
    refused: { code: string; status: number | undefined },
    signal: AbortSignal | undefined,
  ) => Promise<boolean>;
  /** Called after each answer with the requested model and the one that the answer names. */
  onAnswer?: (asked: string, answered: string | undefined) => void;
  /** Called at the end of each answer, complete or not. */
  onInference?: ((outcome: InferenceOutcome) => void) | undefined;
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
