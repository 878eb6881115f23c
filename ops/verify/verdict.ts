/**
 * How a check ended. `absent`: the part is not built or not accessible from here, so nothing is known. `not offered`:
 * the service says that it does not have it. Neither counts as passed.
 */
export type Outcome = 'passed' | 'failed' | 'absent' | 'not offered';

export interface Verdict {
  outcome: Outcome;
  expected: string;
  /** What was observed; for `absent` and `not offered`, why nothing was checked. */
  seen: string;
}

/** Passed if everything was as expected. */
export function judged(holds: boolean, expected: string, seen: string): Verdict {
  return { outcome: holds ? 'passed' : 'failed', expected, seen };
}

export function absent(expected: string, why: string): Verdict {
  return { outcome: 'absent', expected, seen: why };
}

export function notOffered(expected: string, why: string): Verdict {
  return { outcome: 'not offered', expected, seen: why };
}

/** A length of time, as a verdict states it. */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
