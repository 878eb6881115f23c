import type { DocumentReference, Query } from '../../firestore/client/references.ts';
import type { Event, GetSessionRequest } from '@google/adk';
import type { JsonObject } from '../../events/codec.ts';
import { fromWire } from '../../events/wire.ts';
import type { EventCache } from '../event-cache.ts';
import { documentBytes } from '../../firestore/document-bytes.ts';
import { eventsOf } from './paths.ts';
import { toTimestamp, type SessionDocument } from './session-document.ts';

/** Most attempts to read a session that is written to meanwhile. */
const MOST_READS = 3;

export interface ReadSession {
  document: SessionDocument;
  /** In the order of their timestamps, as google-adk reads them. */
  events: Event[];
}

/**
 * A session's events. Events that this process has read are not read again: the revision counts events, so only later
 * ones are requested, or all of them if the count does not match (a writer whose clock is behind). Undefined if the
 * session was deleted meanwhile.
 */
export async function readAllEvents(
  session: DocumentReference,
  first: SessionDocument,
  cache: EventCache<string>,
  reread: () => Promise<SessionDocument | undefined>,
): Promise<ReadSession | undefined> {
  let document: SessionDocument | undefined = first;
  for (let attempt = 1; document; attempt++) {
    const events: Event[] =
      (await readNewer(session, document, cache)) ?? (await readFromStart(session, document, cache));
    if (events.length === document.revision || attempt === MOST_READS) return { document, events };
    const now = await reread();
    // Nobody has written meanwhile, so another writer has stored an event twice: the count will never equal the
    // revision.
    if (now?.revision === document.revision && now.generation === document.generation)
      return { document, events };
    document = now;
  }
  return undefined;
}

/**
 * The events of a session that a request needs, perhaps more; an empty list if it asks for none. Otherwise the same as
 * `readAllEvents`.
 */
export async function readEvents(
  session: DocumentReference,
  document: SessionDocument,
  cache: EventCache<string>,
  reread: () => Promise<SessionDocument | undefined>,
  { numRecentEvents, afterTimestamp }: NonNullable<GetSessionRequest['config']> = {},
): Promise<ReadSession | undefined> {
  if (numRecentEvents === 0) return { document, events: [] };
  const isKnown = cache.get(cacheKey(session, document)) !== undefined;
  if (!isKnown && numRecentEvents !== undefined && afterTimestamp === undefined)
    return { document, events: await readLastEvents(session, numRecentEvents) };
  return readAllEvents(session, document, cache, reread);
}

/** The newest events of a session, at least the last one. */
export async function readNewestEvents(
  session: DocumentReference,
  document: SessionDocument,
  cache: EventCache<string>,
): Promise<Event[]> {
  const known = cache.get(cacheKey(session, document));
  if (known?.lastSeq === document.revision) return known.events;
  return document.revision === 0 ? [] : readLastEvents(session, 1);
}

/** The last events only, oldest first; they are not cached. */
async function readLastEvents(session: DocumentReference, count: number): Promise<Event[]> {
  return (await read(eventsOf(session).orderBy('timestamp').limitToLast(count))).events;
}

/** The key under which a session's events are cached. */
export function cacheKey(
  session: DocumentReference,
  { generation }: Pick<SessionDocument, 'generation'>,
): string {
  return `${session.path}@${generation}`;
}

async function readNewer(
  session: DocumentReference,
  document: SessionDocument,
  cache: EventCache<string>,
): Promise<Event[] | undefined> {
  if (document.isNew) return [];
  const key = cacheKey(session, document);
  const known = cache.get(key);
  const last = known?.events.at(-1);
  if (!known || !last || known.lastSeq > document.revision) return undefined;
  const { lastSeq } = known;
  const events = known.events.slice();
  if (lastSeq === document.revision) return events;
  const query = eventsOf(session).orderBy('timestamp').where('timestamp', '>', toTimestamp(last.timestamp));
  const newer = await read(query);
  if (newer.events.length !== document.revision - lastSeq) return undefined;
  cache.extend(key, lastSeq + 1, newer.events, newer.bytes);
  return [...events, ...newer.events];
}

async function readFromStart(
  session: DocumentReference,
  document: SessionDocument,
  cache: EventCache<string>,
): Promise<Event[]> {
  const { events, bytes } = await read(eventsOf(session).orderBy('timestamp'));
  const key = cacheKey(session, document);
  cache.delete(key);
  if (events.length === document.revision) cache.extend(key, 1, events.slice(), bytes);
  return events;
}

async function read(query: Query): Promise<{ events: Event[]; bytes: number }> {
  const { docs } = await query.get();
  const stored = docs.flatMap((doc) => {
    const data = doc.data()['event_data'] as JsonObject | null | undefined;
    return data ? [data] : [];
  });
  return { events: stored.map(fromWire), bytes: stored.reduce((sum, data) => sum + documentBytes(data), 0) };
}
