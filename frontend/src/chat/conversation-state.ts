import type { Problem } from '../api/problem.ts';
import type { AdkEvent, Part } from '../api/types.ts';

/** `waiting` for the first word, `streaming` words, `lost` the connection and trying again, `stopping` the answer. */
export type Phase = 'loading' | 'idle' | 'waiting' | 'streaming' | 'lost' | 'stopping';

export interface ConversationState {
  /** Absent until the first message has made the session. */
  sessionId: string | undefined;
  events: AdkEvent[];
  phase: Phase;
  /** What kept the last thing from working; shown below the conversation. */
  problem: Problem | undefined;
  /** What was not taken, because another answer is under way. */
  unsent: Part[] | undefined;
  /** Said while an answer comes, to be answered after it; the next one first. */
  queued: QueuedMessage[];
}

export interface QueuedMessage {
  key: string;
  parts: Part[];
  /** Absent until the service has accepted it. */
  runId: string | undefined;
}

export function textOf(parts: readonly Part[]): string {
  return parts.map(({ text }) => text ?? '').join('');
}

/** What a conversation that begins with this message is called: its words, or the name of its first file. */
export function titleTextOf(parts: readonly Part[]): string {
  return textOf(parts) || (parts.find(({ inlineData }) => inlineData)?.inlineData?.displayName ?? '');
}

/** Whether an answer is under way. */
export function isBusy({ phase }: Pick<ConversationState, 'phase'>): boolean {
  return phase !== 'idle' && phase !== 'loading';
}

/** What was said here, shown until the service's own event takes its place. */
export function toLocalEvent(parts: Part[]): AdkEvent {
  return {
    id: `local-${crypto.randomUUID()}`,
    author: 'user',
    timestamp: Date.now() / 1_000,
    content: { role: 'user', parts },
  };
}
