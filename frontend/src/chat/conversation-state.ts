import type { Problem } from '../api/problem.ts';
import type { RunSummary } from '../api/run.ts';
import type { AdkEvent, Part, Session } from '../api/types.ts';
import type { UploadProgress } from './stored-files.ts';
import { lastTurn } from './to-turns.ts';

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
  /** Whether a turn is running or queued, according to the service; undefined before the first response. */
  hasRun: boolean | undefined;
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

/** A new conversation, one to be loaded, or one whose events are known. */
export function initialState(session?: string | Session): ConversationState {
  const isToLoad = typeof session === 'string';
  return {
    sessionId: isToLoad ? session : session?.id,
    events: isToLoad ? [] : (session?.events ?? []),
    phase: isToLoad ? 'loading' : 'idle',
    problem: undefined,
    unsent: undefined,
    hasRun: undefined,
    queued: [],
    upload: undefined,
  };
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

/** Takes the service's list of runs, newest first: its queued messages come before those that it has not accepted yet. */
export function withRuns(
  { queued }: Pick<ConversationState, 'queued'>,
  runs: readonly RunSummary[],
): Pick<ConversationState, 'hasRun' | 'queued'> {
  const known = runs.filter(({ state }) => state === 'queued').toReversed();
  return {
    hasRun: known.length > 0 || runs.some(({ state }) => state === 'running'),
    queued: [
      ...known.map(({ id, newMessage }) => ({ key: id, runId: id, parts: newMessage?.parts ?? [] })),
      ...queued.filter(({ runId }) => runId === undefined),
    ],
  };
}

/** The service has accepted a queued message as a run. */
export function withAccepted(
  { queued }: Pick<ConversationState, 'queued'>,
  key: string,
  runId: string | undefined,
): Pick<ConversationState, 'queued'> {
  return { queued: queued.map((message) => (message.key === key ? { ...message, runId } : message)) };
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

/**
 * Whether the last message is stored without an answer, and none will follow: the service that had begun it has ended,
 * and only its own turns continue elsewhere.
 */
export function lacksAnswer({
  phase,
  events,
  problem,
  hasRun,
}: Pick<ConversationState, 'phase' | 'events' | 'problem'> &
  Partial<Pick<ConversationState, 'hasRun'>>): boolean {
  if (phase !== 'idle' || problem || hasRun !== false) return false;
  const { user, invocationId, items } = lastTurn(events);
  return user !== undefined && invocationId !== undefined && items.length === 0;
}
