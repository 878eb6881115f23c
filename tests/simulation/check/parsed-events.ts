import type { Event } from './event.ts';

/** The events of a session. */
export interface Stored {
  events: readonly Event[];
  byId: ReadonlyMap<string, Event>;
}

export function readStored(jsons: readonly string[]): Stored {
  const events = jsons.map((json) => JSON.parse(json) as Event);
  return { events, byId: new Map(events.map((event) => [event.id, event])) };
}

/** The events in frames, each parsed once: several readers and the replay show the same frames. */
export class ShownEvents {
  readonly #known = new Map<string, Event>();

  of(data: string): Event {
    const event = this.#known.get(data) ?? (JSON.parse(data) as Event);
    this.#known.set(data, event);
    return event;
  }
}
