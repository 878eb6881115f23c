import type { Event } from './event.ts';

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
