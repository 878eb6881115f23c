import { isCompactedEvent, type CompactedEvent, type Event } from '@google/adk';

/** Events that change how a session's history is read. Most sessions have none. */
export interface HistoryMarkers {
  hasRewind: boolean;
  /** The newest summary of older events. */
  summary: CompactedEvent | undefined;
}

interface Look extends HistoryMarkers {
  count: number;
  last: Event;
}

/** Cached by a session's first event: events never change and stay the same objects between the turns of a process. */
const looks = new WeakMap<Event, Look>();

/** The invocation to which the event rewinds the session; undefined for all other events. */
export function rewindOf(event: Event): string | undefined {
  return (event.actions as { rewindBeforeInvocationId?: string }).rewindBeforeInvocationId;
}

/** Scans only the events that were not scanned before: scanning thousands each time would be most of a turn's cost. */
export function historyMarkersOf(events: readonly Event[]): HistoryMarkers {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return { hasRewind: false, summary: undefined };
  const known = looks.get(first);
  const isKnown = known !== undefined && events[known.count - 1] === known.last;
  const look: Look = { hasRewind: false, summary: undefined, ...(isKnown ? known : { count: 0 }), last };
  for (; look.count < events.length; look.count++) {
    const event = events[look.count]!;
    if (rewindOf(event)) look.hasRewind = true;
    if (isCompactedEvent(event)) look.summary = event;
  }
  looks.set(first, look);
  return look;
}

/** The events that a model still needs: all of them, or the newest summary and the events after the ones it covers. */
export function activeEvents(events: Event[]): Event[] {
  const { summary } = historyMarkersOf(events);
  if (!summary) return events;
  let from = events.length;
  while (from > 0 && events[from - 1]!.timestamp > summary.endTime) from--;
  return events.slice(from).filter((event) => event === summary || !isCompactedEvent(event));
}
