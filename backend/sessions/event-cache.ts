import type { Event } from '@google/adk';

export interface EventCacheLimits {
  /** Most bytes of all cached events, as the store counts them. */
  maxBytes?: number;
  /** Most bytes of the events that are kept as objects. */
  maxObjectBytes?: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** With 64 MB of objects, a full garbage collection took 300 ms of CPU instead of 50 (decision 0089). */
const MAX_OBJECT_BYTES = 8 * 1024 * 1024;

interface Cached {
  lastSeq: number;
  bytes: number;
}

/** A session's cached events; the array belongs to the cache. */
interface Entry extends Cached {
  events: Event[];
}

/** The same events as one JSON text, which the garbage collector does not have to search. */
interface Packed extends Cached {
  json: string;
}

/**
 * Caches the events of recently used sessions, so that a turn of a long conversation only reads the new ones. Stored
 * events never change, so an entry can be incomplete but never wrong. The sessions used last are objects, the others text.
 */
export class EventCache<Key> {
  readonly #maxBytes: number;
  readonly #maxObjectBytes: number;
  // Both begin with the session that was not used for the longest time.
  readonly #entries = new Map<Key, Entry>();
  readonly #packed = new Map<Key, Packed>();
  #objectBytes = 0;
  #packedBytes = 0;

  constructor({ maxBytes = MAX_BYTES, maxObjectBytes = MAX_OBJECT_BYTES }: EventCacheLimits = {}) {
    this.#maxBytes = maxBytes;
    this.#maxObjectBytes = Math.min(maxBytes, maxObjectBytes);
  }

  /** A session's cached events and the number of the last one. */
  get(session: Key): Readonly<Entry> | undefined {
    const entry = this.#take(session);
    if (entry) this.#put(session, entry);
    return entry;
  }

  /** Bytes of a session's cached events, 0 if there are none. Does not count as a use. */
  bytesOf(session: Key): number {
    return this.#cached(session)?.bytes ?? 0;
  }

  /** Adds events after the cached ones; ignored if there is a gap. */
  extend(session: Key, firstSeq: number, events: readonly Event[], bytes: number): void {
    const lastSeq = this.#cached(session)?.lastSeq ?? 0;
    if (firstSeq !== lastSeq + 1) return;
    const entry = this.#take(session) ?? { events: [], lastSeq, bytes: 0 };
    for (const event of events) entry.events.push(event);
    entry.lastSeq += events.length;
    entry.bytes += bytes;
    this.#put(session, entry);
  }

  delete(session: Key): void {
    this.#objectBytes -= this.#entries.get(session)?.bytes ?? 0;
    this.#entries.delete(session);
    this.#packedBytes -= this.#packed.get(session)?.bytes ?? 0;
    this.#packed.delete(session);
  }

  #cached(session: Key): Cached | undefined {
    return this.#entries.get(session) ?? this.#packed.get(session);
  }

  #take(session: Key): Entry | undefined {
    const entry = this.#entries.get(session) ?? unpack(this.#packed.get(session));
    this.delete(session);
    return entry;
  }

  #put(session: Key, entry: Entry): void {
    this.#entries.set(session, entry);
    this.#objectBytes += entry.bytes;
    for (const [oldest, { events, lastSeq, bytes }] of this.#entries) {
      // However long the session is that is used now, it stays.
      if (oldest === session || this.#objectBytes <= this.#maxObjectBytes) break;
      this.delete(oldest);
      this.#packed.set(oldest, { json: JSON.stringify(events), lastSeq, bytes });
      this.#packedBytes += bytes;
    }
    for (const [oldest] of this.#packed) {
      if (this.#objectBytes + this.#packedBytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
    if (this.#objectBytes > this.#maxBytes) this.delete(session);
  }
}

function unpack(packed: Packed | undefined): Entry | undefined {
  return (
    packed && { events: JSON.parse(packed.json) as Event[], lastSeq: packed.lastSeq, bytes: packed.bytes }
  );
}
