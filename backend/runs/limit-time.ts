import type { LiveRun } from './live-run.ts';
import type { RunLimits } from './run-options.ts';

/** Stops a run that takes too long or has had no event for too long; the returned function ends both. `nowMs`: wall clock. */
export function limitTime(run: LiveRun, limits: RunLimits, nowMs: number): () => void {
  const timer = setTimeout(() => run.stop('too-long'), timeLeftMs(run.record.startedMs, nowMs, limits));
  const stopWatching = watchProgress(run, limits.silentMs);
  return () => {
    clearTimeout(timer);
    stopWatching();
  };
}

/**
 * How long this process may execute a run: what is left of the longest duration. The wall clock may have been changed
 * since another process began it, so a run that seems overdue still gets the time of a silence, and none gets more than
 * a whole run.
 */
function timeLeftMs(startedMs: number, nowMs: number, { longestRunMs, silentMs }: RunLimits): number {
  const left = startedMs + longestRunMs - nowMs;
  return Math.min(longestRunMs, Math.max(left, silentMs));
}

/** Checks now and then instead of setting a timer for every chunk, of which there are hundreds a second. */
const LOOKS_IN_SILENCE = 20;

/** Stops a run that has had no event for this long; the returned function ends the watch. */
function watchProgress(run: LiveRun, silentMs: number): () => void {
  let seen = run.eventCount;
  let quietLooks = 0;
  const timer = setInterval(() => {
    quietLooks = run.eventCount === seen ? quietLooks + 1 : 0;
    seen = run.eventCount;
    if (quietLooks >= LOOKS_IN_SILENCE) run.stop('silent');
  }, silentMs / LOOKS_IN_SILENCE);
  return () => clearInterval(timer);
}
