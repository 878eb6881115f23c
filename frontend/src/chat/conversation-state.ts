import type { Problem } from '../api/problem.ts';
import type { AdkEvent, Part } from '../api/types.ts';
import type { UploadProgress } from './stored-files.ts';

/** `waiting` for the first text, `streaming` text, `lost` the connection and retrying, `stopping` the answer. */
export type Phase = 'loading' | 'idle' | 'waiting' | 'streaming' | 'lost' | 'stopping';

export interface ConversationState {
  /** Absent until the first message has created the session. */
  sessionId: string | undefined;
  events: AdkEvent[];
  phase: Phase;
  /** The last failure; shown below the conversation. */
  problem: Problem | undefined;
  /** A message that was refused because another answer is running. */
  unsent: Part[] | undefined;
  /** Messages sent while an answer was running, to be answered after it; the next one first. */
  queued: QueuedMessage[];
  /** Files that are being uploaded before their message is sent. */
  upload: UploadProgress | undefined;
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

/** The title of a conversation that begins with this message: its text, or the name of its first file. */
export function titleTextOf(parts: readonly Part[]): string {
  const file = parts.find(({ inlineData, fileData }) => inlineData ?? fileData);
  return textOf(parts) || ((file?.inlineData ?? file?.fileData)?.displayName ?? '');
}

/** Whether an answer is running. */
export function isBusy({ phase }: Pick<ConversationState, 'phase'>): boolean {
  return phase !== 'idle' && phase !== 'loading';
}

/** The person's message as a local event, shown until the service's own event replaces it. */
export function toLocalEvent(parts: Part[]): AdkEvent {
  return {
    id: `local-${crypto.randomUUID()}`,
    author: 'user',
    timestamp: Date.now() / 1_000,
    content: { role: 'user', parts },
  };
}
