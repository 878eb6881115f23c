import type { AdkEvent, FileData, InlineData, Part } from '../api/types.ts';

/** One turn on screen: a person's message, and everything the agent did about it. */
export interface Turn {
  /** Stable while the turn streams: React's key. */
  key: string;
  /** The invocation that a rewind of this turn names; absent until the service has answered. */
  invocationId?: string;
  user?: { text: string; parts: Part[]; media: InlineData[]; files: FileData[]; atSeconds?: number };
  items: TurnItem[];
  /** The events of the turn. */
  events: readonly AdkEvent[];
}

export interface Source {
  title: string;
  uri: string;
}

export type ToolState = 'running' | 'waiting' | 'done' | 'failed' | 'declined';

export interface Confirmation {
  /** The id of ADK's request, which the answer must name. */
  callId: string;
  hint: string;
  answer?: boolean;
}

export interface ToolItem {
  kind: 'tool';
  key: string;
  author: string;
  callId: string;
  name: string;
  args: Record<string, unknown>;
  response?: Record<string, unknown>;
  state: ToolState;
  confirmation?: Confirmation;
}

export type TurnItem =
  | { kind: 'text'; key: string; author: string; text: string; streaming: boolean; thought: boolean }
  | ToolItem
  | { kind: 'artifact'; key: string; filename: string; version: number }
  | { kind: 'media'; key: string; author: string; media: InlineData }
  | { kind: 'file'; key: string; author: string; file: FileData }
  | { kind: 'code'; key: string; author: string; code: string; language: string }
  | { kind: 'code-result'; key: string; author: string; output: string; failed: boolean }
  | { kind: 'sources'; key: string; sources: Source[]; queries: string[] }
  | { kind: 'handover'; key: string; to: string }
  | { kind: 'error'; key: string; code?: string; message: string }
  | { kind: 'interrupted'; key: string };

/** When the answer ended, in seconds since the epoch; undefined if there is none. */
export function answeredAtSeconds({ events }: Turn): number | undefined {
  return events.findLast(({ author, timestamp }) => author !== 'user' && timestamp !== undefined)?.timestamp;
}

/** Whether the answer failed, was stopped, or is missing. */
export function hasEndedEarly({ items }: Turn): boolean {
  const last = items.at(-1)?.kind;
  return last === undefined || last === 'error' || last === 'interrupted';
}
