import type { Content } from '@google/genai';

/** What becomes of a message to a session that has a turn under way. */
export const WHEN_BUSY = ['refuse', 'queue', 'interrupt'] as const;
export type WhenBusy = (typeof WHEN_BUSY)[number];

/** One turn as asked for: RunAgentRequest of the ADK contract, parsed. */
export interface TurnRequest {
  appName: string;
  userId: string;
  sessionId: string;
  newMessage?: Content;
  /** Token streaming (`streaming: true`) or whole events only. */
  streaming: boolean;
  stateDelta?: Record<string, unknown>;
  /** Continue this invocation instead of beginning one. */
  invocationId?: string;
  functionCallEventId?: string;
  customMetadata?: Record<string, unknown>;
  /**
   * An event with content and an artifactDelta becomes two frames, as /run_sse has it (and /run has not);
   * never with functionCallEventId.
   */
  splitArtifactDelta?: boolean;
  /** In the place of the Gemini model that the agents name; one of the configuration's. */
  model?: string;
  /** Left out: refuse. */
  whenBusy?: WhenBusy;
}
