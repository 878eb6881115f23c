import type { Event } from '@google/adk';

interface Entry {
  events: Event[];
  lastSeq: number;
  bytes: number;
}

/**
 * Caches the events of recently used sessions, so that a turn of a long conversation only reads the new ones. Stored
 * events never change, so an entry can be incomplete but never wrong. Bounded by the size of the stored texts.
 */
export class EventCache<Key> {
  readonly #entries = new Map<Key, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A session's cached events and the number of the last one; the array belongs to the cache. */
  get(session: Key): Entry | undefined {
    const entry = this.#entries.get(session);
    if (entry) {
      this.#entries.delete(session);
      this.#entries.set(session, entry);
    }
    return entry;
  }

  /** Adds events after the cached ones; ignored if there is a gap. */
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
