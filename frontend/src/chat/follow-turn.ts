import { asProblem, type Problem } from '../api/problem.ts';
import { readFrames, type StreamFrame } from '../api/read-frames.ts';
import { attachRun, findRunning, runIdOf, type SessionKey } from '../api/run.ts';

export interface FollowOptions {
  /** Asked for only after `open`: a new conversation gets its id there. */
  key: () => SessionKey | undefined;
  /** How it begins: a turn is started, or one under way is attached to. */
  open: (signal: AbortSignal) => Promise<Response>;
  signal: AbortSignal;
  /** Told when the connection is lost and when it is back. */
  onConnection: (isLost: boolean) => void;
}

/** After this long without the service the page says so and leaves it to the person. */
const GIVE_UP_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 5_000;
/** An answer begins at once, however quiet its run, or its connection died while the laptop slept. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * A turn's frames to its end, across lost connections: what was missed is asked for by the last id seen.
 * Throws what the service answered, or a loss that lasted too long; ends early where the run is kept no longer.
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

/** The run's frames after the last one seen; undefined where there is nothing more to hear. */
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
      const runId = begun ?? (await inTime(signal, (within) => findRunning(key, within)))?.id;
      if (!runId) return undefined;
      return await inTime(signal, (within) => attachRun(key, runId, lastEventId, within));
    } catch (error) {
      const problem = asProblem(error);
      if (signal.aborted || problem.status === 404) return undefined;
      if (!isLoss(problem) || Date.now() - lostMs > GIVE_UP_MS) throw problem;
    }
  }
}

/** Gives up what does not begin to answer: the browser then takes another connection for the next attempt. */
async function inTime<T>(signal: AbortSignal, ask: (within: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS);
  try {
    return await ask(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing was answered, or a proxy answered for a service that is being replaced. */
function isLoss({ status }: Problem): boolean {
  return status === 0 || status === 502 || status === 503 || status === 504;
}

/** Waits, but not longer than until the browser says that the network is back. */
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
