import { getJson, request, sendJson, toPath } from './http.ts';
import { Problem } from './problem.ts';
import type { Owner } from './sessions.ts';
import type { Part } from './types.ts';

/** A run: one turn under way, or one that has ended and is still kept. */
export interface RunSummary {
  id: string;
  state: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted';
  /** Seconds since the epoch. */
  startTime?: number;
  /** Of a queued run. */
  newMessage?: { parts?: Part[] };
}

export interface SessionKey {
  owner: Owner;
  sessionId: string;
}

/** Stands for whichever run of the session is under way. */
export const RUNNING = 'running';

/**
 * Starts a turn, or with `whenBusy` has it wait behind the running one or stop that; the answer streams its frames.
 * Aborting `signal` closes the request, the turn itself goes on.
 */
export function startTurn(
  { owner, sessionId }: SessionKey,
  parts: Part[],
  signal: AbortSignal,
  whenBusy?: 'queue' | 'interrupt',
): Promise<Response> {
  const message = { newMessage: { role: 'user', parts }, ...(whenBusy ? { whenBusy } : {}) };
  return request('/run_sse', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ ...owner, sessionId, streaming: true, ...message }),
    signal,
  });
}

/** Listens to a run from after the frame `lastEventId` on; without one, from its first frame. */
export function attachRun(
  key: SessionKey,
  runId: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
  return request(runsPath(key, runId, 'frames'), { headers, signal });
}

/** Ends a run for good: the model stops, and what was shown stays in the session. */
export function cancelRun(key: SessionKey, runId: string): Promise<RunSummary> {
  return sendJson<RunSummary>('POST', runsPath(key, runId, 'cancel'));
}

/** The run under way, if there is one. */
export async function findRunning(key: SessionKey, signal?: AbortSignal): Promise<RunSummary | undefined> {
  return (await listRuns(key, signal)).find(({ state }) => state === 'running');
}

/** Newest first; none where the session is gone, or the service keeps no runs (google-adk's own). */
export async function listRuns(key: SessionKey, signal?: AbortSignal): Promise<RunSummary[]> {
  try {
    return await getJson<RunSummary[]>(runsPath(key), signal ? { signal } : {});
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}

/** The run that an answer streams. */
export const runIdOf = (response: Response): string | undefined =>
  response.headers.get('lornu-run-id') ?? undefined;

function runsPath({ owner: { appName, userId }, sessionId }: SessionKey, ...rest: string[]): string {
  return toPath('api', 'v1', 'apps', appName, 'users', userId, 'sessions', sessionId, 'runs', ...rest);
}
