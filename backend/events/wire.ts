import { createEvent, type Event, type Session } from '@google/adk';
import type { Content, Part } from '@google/genai';
import { decode, encode, toSeconds, type JsonObject } from './codec.ts';
import { fromCompaction, withCompaction } from './compaction.ts';
import { toPublicJson } from './redact.ts';

/** An event on the wire, which is also the stored form: Python ADK's names, order and float seconds. */
export function toWire(event: Event): JsonObject {
  return encode('Event', withCompaction(event)) as JsonObject;
}

/**
 * Reads an event from the wire or the store, in either casing. Unknown fields are dropped, as in Python. The HTTP layer
 * validates events from callers.
 */
export function fromWire(wire: JsonObject): Event {
  const { longRunningToolIds, ...fields } = decode('Event', wire) as JsonObject;
  const event = createEvent(fields);
  // createEvent gives every event an empty list, but on the wire a missing list differs from [].
  event.longRunningToolIds = longRunningToolIds as string[] | undefined;
  return fromCompaction(event);
}

/** Reads a content from the wire in either casing; bytes become standard base64. */
export function contentFromWire(wire: unknown): Content {
  return decode('Content', wire) as Content;
}

/** A content on the wire: camelCase, bytes as URL-safe base64. */
export function contentToWire(content: Content): JsonObject {
  return encode('Content', content) as JsonObject;
}

/** The JSON of an event for callers, without secrets and internal metadata. */
export function toFrameJson(event: Event): string {
  return toPublicJson(toWire(event));
}

/** The JSON of a session for callers, yielded event by event: a conversation may have many megabytes. */
export function* sessionJson(session: Session): Generator<string, void, undefined> {
  const { id, appName, userId, state, events, lastUpdateTime } = session;
  yield `${toPublicJson({ id, appName, userId, state }).slice(0, -1)},"events":[`;
  for (const [index, event] of events.entries()) yield (index === 0 ? '' : ',') + toFrameJson(event);
  yield `],"lastUpdateTime":${JSON.stringify(toSeconds(lastUpdateTime))}}`;
}

/** The same as one string. */
export function toSessionJson(session: Session): string {
  return [...sessionJson(session)].join('');
}

/** Reads one part from the wire in either casing; bytes become standard base64. */
export function partFromWire(wire: unknown): Part {
  return decode('Part', wire) as Part;
}

/** One part on the wire: camelCase, bytes as URL-safe base64. */
export function partToWire(part: Part): JsonObject {
  return encode('Part', part) as JsonObject;
}
