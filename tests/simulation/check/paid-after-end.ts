import type { Entry } from './history.ts';

export const END_STATES = new Set(['completed', 'failed', 'cancelled', 'interrupted']);

/** A process that lost its lease notices it at its next write or renewal. */
const NOTICES_WITHIN_MS = 10_000;

/** The times of runs are whole milliseconds. */
const ROUNDED_MS = 1;

/** A process learns late that it has lost a lease, because it or its store is away. */
const AWAY: ReadonlySet<string> = new Set(['paused', 'without its store', 'answered late by its store']);

/**
 * Messages for which the model wrote text after a reader got the end of the run. Ignores processes that were away, and what
 * was written for another run: where a question was answered again, the model may take the newest message up.
 */
export function paidAfterEnd(
  history: readonly Entry[],
  messageOf: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const others = runsWithoutMessage(history, messageOf);
  const sessionOf = new Map<string, string>();
  const over = new Set<string>();
  const awayUntil = new Map<string, number>();
  const paid = new Set<string>();
  for (const entry of history) {
    if (entry.is === 'process' && AWAY.has(entry.what)) {
      const until = entry.at + (entry.forMs ?? 0) + NOTICES_WITHIN_MS;
      awayUntil.set(entry.process, Math.max(awayUntil.get(entry.process) ?? 0, until));
    }
    if (entry.is === 'sent') sessionOf.set(entry.message, entry.session);
    const isEnd = (entry.is === 'stopped' || entry.is === 'ended') && END_STATES.has(entry.state);
    const message = isEnd ? messageOf.get(entry.run) : undefined;
    if (message !== undefined) over.add(message);
    if (entry.is !== 'paid' || (awayUntil.get(entry.process) ?? 0) >= entry.at) continue;
    const { at, message: of } = entry;
    const isOfOther = others
      .get(sessionOf.get(of) ?? '')
      ?.some(
        ({ startedMs, endedMs = startedMs }) => startedMs - ROUNDED_MS <= at && at <= endedMs + ROUNDED_MS,
      );
    if (over.has(of) && !isOfOther) paid.add(of);
  }
  return paid;
}

type EndedRun = Extract<Entry, { is: 'run' }>;

/** The runs of each session that answer a question, or whose acceptance got no response. */
function runsWithoutMessage(
  history: readonly Entry[],
  messageOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, EndedRun[]> {
  const runs = history.filter((entry): entry is EndedRun => entry.is === 'run' && !messageOf.has(entry.run));
  return Map.groupBy(runs, ({ session }) => session);
}
