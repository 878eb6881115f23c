import type { Content } from '@google/genai';

/** What to do with a message to a session with a running turn. */
export const WHEN_BUSY = ['refuse', 'queue', 'interrupt'] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

/** The request of one turn: RunAgentRequest of the ADK API, parsed. */
export interface TurnRequest {
  appName: string;
  userId: string;
  sessionId: string;
  newMessage?: Content;
  /** Token streaming (`streaming: true`) or complete events only. */
  streaming: boolean;
  stateDelta?: Record<string, unknown>;
  /** Continue this invocation instead of starting a new one. */
  invocationId?: string;
  functionCallEventId?: string;
  customMetadata?: Record<string, unknown>;
  /**
   * Split an event with content and an artifactDelta into two frames, as /run_sse does (and /run does not); never with
   * functionCallEventId.
   */
  splitArtifactDelta?: boolean;
  /** Replaces the Gemini model that the agents name; one of the configuration's. */
  model?: string;
  /** Default: refuse. */
  whenBusy?: WhenBusy;
  /** W3C trace context of the request. Stored with it, so that a queued turn and a takeover continue the trace. */
  traceparent?: string;
}
