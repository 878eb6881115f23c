import type { Entry } from './history.ts';

/** The service ends a turn that is silent for longer (docs/runs.md). */
export const SILENCE_MS = 5 * 60_000;
/** Additional time for polling, the grace period and the store. */
export const SLACK_MS = 60_000;

type Run = Extract<Entry, { is: 'run' }>;

/** The times of activity for each message: a piece of its answer, or a tool call. */
export function actsOf(history: readonly Entry[]): ReadonlyMap<string, number[]> {
  const acts = new Map<string, number[]>();
  for (const entry of history) {
    if (entry.is !== 'paid' && entry.is !== 'tool') continue;
    const known = acts.get(entry.message);
    if (known) known.push(entry.at);
    else acts.set(entry.message, [entry.at]);
  }
  return acts;
}

/** The longest silences of ended runs that no fault explains, in milliseconds. */
export function longSilences(
  { startedMs, endedMs }: Run,
  acts: readonly number[],
  disturbances: readonly Extract<Entry, { is: 'process' }>[],
): number[] {
  if (endedMs === undefined) return [];
  const marks = [startedMs, ...acts.filter((at) => at <= endedMs), endedMs];
  return marks.flatMap((mark, index) => {
    const silence = (marks[index + 1] ?? mark) - mark;
    if (silence <= SILENCE_MS + SLACK_MS) return [];
    const during = disturbances.filter(
      ({ at, forMs = 0 }) => at + forMs >= mark - SLACK_MS && at <= mark + silence,
    );
    const allowed = during.reduce((sum, { forMs = 0 }) => sum + forMs + SLACK_MS, SILENCE_MS + SLACK_MS);
    return silence > allowed ? [silence] : [];
  });
}
