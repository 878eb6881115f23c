/**
 * How a check ended. `absent`: the part is not built, or cannot be looked at from here, so nothing is known.
 * `not offered`: what is served there does not have it, by its own account. Neither counts as passed.
 */
export type Outcome = 'passed' | 'failed' | 'absent' | 'not offered';

export interface Verdict {
  outcome: Outcome;
  expected: string;
  /** What was seen; for `absent` and `not offered`, why nothing was checked. */
  seen: string;
}

/** Passed when everything was as expected. */
export function judged(holds: boolean, expected: string, seen: string): Verdict {
  return { outcome: holds ? 'passed' : 'failed', expected, seen };
}

export function absent(expected: string, why: string): Verdict {
  return { outcome: 'absent', expected, seen: why };
}

export function notOffered(expected: string, why: string): Verdict {
  return { outcome: 'not offered', expected, seen: why };
}
