/**
 * How much a rehearsal shortens AWS's intervals: of health checks, of service polls, of metrics. Limits on how long a
 * stream may last (deregistration delay, stop timeout, idle timeout) are never shortened.
 */
export interface Pace {
  factor: number;
  /** Milliseconds for an interval that is so many seconds on AWS. */
  interval: (seconds: number) => number;
  /** How many milliseconds a starting task may be unhealthy; the start itself takes as long as on AWS. */
  grace: (seconds: number) => number;
  /**
   * Milliseconds of an alarm's period: whole seconds. Reading counters costs the tasks nothing, so it is done more
   * often.
   */
  alarm: (seconds: number) => number;
}

export const REHEARSAL_PACE = 10;
/** The Python agent starts in 8 to 12 s, and on a busy machine in three times that. */
const LEAST_GRACE_MS = 40_000;
/** A minute is 2 s at the rehearsal's pace. */
const ALARMS_FASTER = 3;

export function createPace(factor: number): Pace {
  if (!(factor >= 1)) throw new RangeError(`the rehearsal's pace is 1 or more, not ${factor}`);
  const alarmFactor = factor > 1 ? factor * ALARMS_FASTER : 1;
  return {
    factor,
    interval: (seconds) => (seconds * 1000) / factor,
    grace: (seconds) => Math.max((seconds * 1000) / factor, Math.min(seconds * 1000, LEAST_GRACE_MS)),
    alarm: (seconds) => Math.max(1, Math.round(seconds / alarmFactor)) * 1000,
  };
}
