import type { Event } from '@google/adk';

interface Entry {
  events: Event[];
  lastSeq: number;
  bytes: number;
}

/**
 * Events of the sessions used last, so that a turn of a long conversation reads only what is new.
 * Events never change once stored, so an entry is never wrong, only behind. Bounded by the stored texts' size.
 */
export class EventCache<Key> {
  readonly #entries = new Map<Key, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The events known of a session and the number of the last one; the array is the cache's own. */
  get(session: Key): Entry | undefined {
    const entry = this.#entries.get(session);
    if (entry) {
      this.#entries.delete(session);
      this.#entries.set(session, entry);
    }
    return entry;
  }

  /** Adds events that follow what is known; ignored where something between is missing. */
  extend(session: Key, firstSeq: number, events: readonly Event[], bytes: number): void {
    const entry = this.#entries.get(session) ?? { events: [], lastSeq: 0, bytes: 0 };
    if (firstSeq !== entry.lastSeq + 1) return;
    for (const event of events) entry.events.push(event);
    entry.lastSeq += events.length;
    entry.bytes += bytes;
    this.#bytes += bytes;
    this.#entries.delete(session);
    this.#entries.set(session, entry);
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(session: Key): void {
    this.#bytes -= this.#entries.get(session)?.bytes ?? 0;
    this.#entries.delete(session);
  }
}
