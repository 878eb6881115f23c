import { createParser } from 'eventsource-parser';
import { ask, excerpt, type Target } from './target.ts';

/** The user of a verification; its sessions are deleted afterwards. */
const USER = 'verify';
/** Longest duration of a run, in milliseconds. */
const LONGEST_MS = 15 * 60_000;

/** One item of a stream: a frame or a comment line (a ping, or at the end how the run ended). */
export type StreamPart =
  | { kind: 'frame'; id: string | undefined; index: number; event: WireEvent; atMs: number }
  | { kind: 'comment'; text: string; atMs: number };

/** The fields of an event that are read; an error frame has `error` or `errorCode` instead of content. */
export interface WireEvent {
  id?: string;
  partial?: boolean;
  modelVersion?: string;
  content?: { parts?: { text?: string }[] };
  error?: string;
  errorCode?: string;
  errorMessage?: string;
}

export interface Turn {
  sessionId: string;
  /** Undefined if turns do not outlive their connection. */
  runId: string | undefined;
  parts: AsyncGenerator<StreamPart>;
  /** Drops the connection, like a closed laptop. */
  leave: () => void;
}

/** Creates a session for a check; throws with the response if that fails. */
export async function createSession(target: Target): Promise<string> {
  const path = `/apps/${encodeURIComponent(target.appName)}/users/${USER}/sessions`;
  const response = await ask(target, path, { method: 'POST', body: {} });
  if (!response.ok)
    throw new Error(`a new session was answered ${response.status} ${await excerpt(response)}`);
  return ((await response.json()) as { id: string }).id;
}

/** Deletes a session, ignoring errors. */
export async function deleteSession(target: Target, sessionId: string): Promise<void> {
  const path = `/apps/${encodeURIComponent(target.appName)}/users/${USER}/sessions/${sessionId}`;
  await ask(target, path, { method: 'DELETE' }).catch(() => undefined);
}

/** How the run ended, from the comment line at the end ("completed", "cancelled"); undefined if there was none. */
export function endOf(parts: readonly StreamPart[]): string | undefined {
  const end = parts.findLast((part) => part.kind === 'comment' && part.text.startsWith('run '));
  return end?.kind === 'comment' ? end.text.slice('run '.length) : undefined;
}

/** Runs `look` in a new session, which is deleted afterwards in any case. */
export async function inSession<T>(target: Target, look: (sessionId: string) => Promise<T>): Promise<T> {
  const sessionId = await createSession(target);
  try {
    return await look(sessionId);
  } finally {
    await deleteSession(target, sessionId);
  }
}

/** Sends a message and returns the stream once it has begun. */
export async function beginTurn(target: Target, sessionId: string, text: string): Promise<Turn> {
  return openStream(target, sessionId, '/run_sse', {
    method: 'POST',
    body: {
      appName: target.appName,
      userId: USER,
      sessionId,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text }] },
    },
  });
}

/** Attaches to a run, after the frame of this SSE id; without one, from its first frame. */
export async function attachTo(
  target: Target,
  sessionId: string,
  runId: string,
  lastEventId?: string,
): Promise<Turn> {
  return openStream(target, sessionId, `${runPath(target, sessionId, runId)}/frames`, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
}

/** The SSE id with which to attach again; undefined before the first frame. */
export function lastEventIdOf(parts: readonly StreamPart[]): string | undefined {
  const last = parts.findLast((part) => part.kind === 'frame');
  return last?.kind === 'frame' ? last.id : undefined;
}

/** Cancels a run; returns its state afterwards. */
export async function cancelRun(
  target: Target,
  sessionId: string,
  runId: string,
): Promise<string | undefined> {
  const response = await ask(target, `${runPath(target, sessionId, runId)}/cancel`, { method: 'POST' });
  if (!response.ok) throw new Error(`cancel was answered ${response.status} ${await excerpt(response)}`);
  return ((await response.json()) as { state?: string }).state;
}

/**
 * The text of the partial events, or of the complete ones, joined. A complete event that is shown again after a takeover
 * has the same id (docs/runs.md) and counts once.
 */
export function textOf(parts: readonly StreamPart[], partial: boolean): string {
  const seen = new Set<string>();
  const texts: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'frame' || (part.event.partial ?? false) !== partial) continue;
    const { id, content } = part.event;
    if (!partial && id !== undefined && seen.has(id)) continue;
    if (id !== undefined) seen.add(id);
    texts.push(...(content?.parts ?? []).map(({ text }) => text ?? ''));
  }
  return texts.join('');
}

/** The error in a frame of the stream. */
export function errorOf(parts: readonly StreamPart[]): string | undefined {
  for (const part of parts) {
    if (part.kind !== 'frame') continue;
    const { error, errorCode, errorMessage } = part.event;
    if (error ?? errorCode) return [error ?? errorCode, errorMessage].filter(Boolean).join(': ');
  }
  return undefined;
}

function runPath({ appName }: Target, sessionId: string, runId: string): string {
  return `/api/v1/apps/${encodeURIComponent(appName)}/users/${USER}/sessions/${sessionId}/runs/${runId}`;
}

async function openStream(
  target: Target,
  sessionId: string,
  path: string,
  asking: Parameters<typeof ask>[2],
): Promise<Turn> {
  const leaving = new AbortController();
  const response = await ask(target, path, { ...asking, withinMs: LONGEST_MS, signal: leaving.signal });
  if (!response.ok)
    throw new Error(`${path.split('/').at(-1)} was answered ${response.status} ${await excerpt(response)}`);
  return {
    sessionId,
    runId: response.headers.get('lornu-run-id') ?? undefined,
    parts: readParts(response),
    leave: () => leaving.abort(),
  };
}

async function* readParts(response: Response): AsyncGenerator<StreamPart> {
  const decoder = new TextDecoder();
  const parts: StreamPart[] = [];
  let atMs = 0;
  const parser = createParser({
    onComment: (text) => void parts.push({ kind: 'comment', text: text.trim(), atMs }),
    onEvent: ({ id, data }) => {
      // Clients treat ids as opaque, but the numbering is what is checked here.
      const index = Number(id?.split(':').at(-1));
      parts.push({ kind: 'frame', id, index, event: JSON.parse(data) as WireEvent, atMs });
    },
  });
  for await (const bytes of response.body ?? []) {
    atMs = performance.now();
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* parts.splice(0);
  }
}
