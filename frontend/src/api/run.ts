import { getJson, request, sendJson, toPath } from './http.ts';
import { Problem } from './problem.ts';
import type { Owner } from './sessions.ts';
import type { Part } from './types.ts';

/** A run: a running turn, or a finished one that is still stored. */
export interface RunSummary {
  id: string;
  state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted';
  /** Seconds since the epoch. */
  startTime?: number;
  /** Only for a queued run. */
  newMessage?: { parts?: Part[] };
}

export interface SessionKey {
  owner: Owner;
  sessionId: string;
}

/** Stands for the session's running run. */
export const RUNNING = 'running';

export interface TurnChoices {
  whenBusy?: 'queue' | 'interrupt';
  /** In the place of the usual model. */
  model?: string | undefined;
}

/**
 * Starts a turn; with `whenBusy` it waits behind the running one or stops it. The response streams its frames. Aborting
 * `signal` closes the request only; the turn continues.
 */
export function startTurn(
  { owner, sessionId }: SessionKey,
  parts: Part[],
  signal: AbortSignal,
  choices: TurnChoices = {},
): Promise<Response> {
  const message = { newMessage: { role: 'user', parts }, ...choices };
  return request('/run_sse', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      traceparent: newTraceparent(),
    },
    body: JSON.stringify({ ...owner, sessionId, streaming: true, ...message }),
    signal,
  });
}

/** Attaches to a run after the frame `lastEventId`; without it, from its first frame. */
export function attachRun(
  key: SessionKey,
  runId: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
  return request(runsPath(key, runId, 'frames'), { headers, signal });
}

/** Cancels a run: the model stops, and the shown text stays in the session. */
export function cancelRun(key: SessionKey, runId: string): Promise<RunSummary> {
  return sendJson<RunSummary>('POST', runsPath(key, runId, 'cancel'));
}

/** The running run, if there is one. */
export async function findRunning(key: SessionKey, signal?: AbortSignal): Promise<RunSummary | undefined> {
  return (await listRuns(key, signal)).find(({ state }) => state === 'running');
}

/** Newest first; empty if the session is gone, or the service stores no runs (google-adk's own). */
export async function listRuns(key: SessionKey, signal?: AbortSignal): Promise<RunSummary[]> {
  try {
    return await getJson<RunSummary[]>(runsPath(key), signal ? { signal } : {});
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}

/** The run whose frames a response streams. */
export const runIdOf = (response: Response): string | undefined =>
  response.headers.get('lornu-run-id') ?? undefined;

function runsPath({ owner: { appName, userId }, sessionId }: SessionKey, ...rest: string[]): string {
  return toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'runs', ...rest);
}

/**
 * The trace context (W3C) of a person's click: the service's spans of the turn are below it, on every cloud that takes
 * part. https://www.w3.org/TR/trace-context/
 */
function newTraceparent(): string {
  return `00-${hex(16)}-${hex(8)}-01`;
}

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
