import { isError, type Event } from './event.ts';

/** The events of a session. */
export interface Stored {
  events: readonly Event[];
  byId: ReadonlyMap<string, Event>;
}

export function readStored(jsons: readonly string[], parsed: ParsedEvents): Stored {
  const events = jsons.map((json) => parsed.of(json));
  return { events, byId: new Map(events.map((event) => [event.id, event])) };
}

/** Events of sessions and frames, each parsed once: several readers, the replay and the session show the same ones. */
export class ParsedEvents {
  readonly #known = new Map<string, Event>();

  of(data: string): Event {
    let event = this.#known.get(data);
    if (!event) this.#known.set(data, (event = JSON.parse(data) as Event));
    return event;
  }
}

/** Ids of all complete events in the replays of a session's runs, by session. */
export function wholeIds(
  replays: Iterable<{ session: string; frames: readonly { data: string }[] }>,
  parsed: ParsedEvents,
): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { session, frames } of replays) {
    const ofSession = ids.get(session) ?? new Set();
    ids.set(session, ofSession);
    for (const { data } of frames) {
      const event = isError(data) ? undefined : parsed.of(data);
      if (event && !event.partial) ofSession.add(event.id);
    }
  }
  return ids;
}
