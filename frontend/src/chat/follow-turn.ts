import { asProblem, type Problem } from '../api/problem.ts';
import { readFrames, type StreamFrame } from '../api/read-frames.ts';
import { attachRun, findRunning, runIdOf, startTurn, type SessionKey, type TurnChoices } from '../api/run.ts';
import type { Part } from '../api/types.ts';

export interface FollowOptions {
  /** Called only after `open`: a new conversation gets its id there. */
  key: () => SessionKey | undefined;
  /** Starts a turn, or attaches to a running one. */
  open: (signal: AbortSignal) => Promise<Response>;
  signal: AbortSignal;
  /** Called when the connection is lost and when it is back. */
  onConnection: (isLost: boolean) => void;
}

/** After this time without the service the page reports it and stops retrying. */
const GIVE_UP_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 5_000;
/** A response begins at once even if its run is silent; otherwise its connection died while the laptop slept. */
const ANSWER_WITHIN_MS = 5_000;
/** The same for a message, after the time that its bytes take on a slow connection. */
const STARTED_WITHIN_MS = 50_000;
const SLOWEST_BYTES_PER_MS = 1;

/**
 * Yields a turn's frames to its end, across lost connections: missed frames are requested by the last id. Throws the
 * service's error, or a loss that lasted too long; ends early if the run is no longer stored.
 */
export async function* followTurn({
  key,
  open,
  signal,
  onConnection,
}: FollowOptions): AsyncGenerator<StreamFrame> {
  let response = await open(signal);
  const begun = runIdOf(response);
  let lastEventId: string | undefined;
  for (;;) {
    try {
      for await (const frame of readFrames(response)) {
        lastEventId = frame.lastEventId ?? lastEventId;
        yield frame;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isLoss(asProblem(error))) throw error;
    }
    onConnection(true);
    const known = key();
    const again = known && (await connectAgain(known, begun, lastEventId, signal));
    onConnection(false);
    if (!again) return;
    response = again;
  }
}

/** The run's frames after the last one received; undefined if there are no more. */
async function connectAgain(
  key: SessionKey,
  begun: string | undefined,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const lostMs = Date.now();
  for (let attempt = 0; ; attempt++) {
    await pause(Math.min(2 ** attempt * 250, LONGEST_PAUSE_MS), signal);
    if (signal.aborted) return undefined;
    try {
      const looked = begun
        ? undefined
        : await inTime(signal, ANSWER_WITHIN_MS, (within) => findRunning(key, within));
      const runId = begun ?? looked?.id;
      if (!runId) return undefined;
      return await inTime(signal, ANSWER_WITHIN_MS, (within) => attachRun(key, runId, lastEventId, within));
    } catch (error) {
      const problem = asProblem(error);
      if (signal.aborted || problem.status === 404) return undefined;
      if (!isLoss(problem) || Date.now() - lostMs > GIVE_UP_MS) throw problem;
    }
  }
}

/**
 * Starts a turn. Throws a Problem without a status if no response comes: the service sends one within 15 s, if only
 * with a comment, so the connection is dead.
 */
export async function startInTime(
  key: SessionKey,
  parts: Part[],
  signal: AbortSignal,
  choices: TurnChoices,
): Promise<Response> {
  const ms = STARTED_WITHIN_MS + JSON.stringify(parts).length / SLOWEST_BYTES_PER_MS;
  return inTime(signal, ms, (within) => startTurn(key, parts, within, choices));
}

/** Gives up a request without response, so that the browser uses another connection for the next attempt. */
async function inTime<T>(
  signal: AbortSignal,
  ms: number,
  ask: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    return await ask(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Whether there was no response, or a proxy answered for a service that is being replaced. */
function isLoss({ status }: Problem): boolean {
  return status === 0 || status === 502 || status === 503 || status === 504;
}

/** Waits, but at most until the browser reports that the network is back. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      removeEventListener('online', finish);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    addEventListener('online', finish);
    signal.addEventListener('abort', finish);
  });
}
