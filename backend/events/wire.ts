import { createEvent, type Event, type Session } from '@google/adk';
import type { Content, Part } from '@google/genai';
import { decode, encode, toSeconds, type JsonObject } from './codec.ts';
import { fromCompaction, withCompaction } from './compaction.ts';
import { toPublicJson } from './redact.ts';

/** The wire's form of an event, which is also what is stored: Python ADK's names, order and float seconds. */
export function toWire(event: Event): JsonObject {
  return encode('Event', withCompaction(event)) as JsonObject;
}

/**
 * An event from the wire or the store, in either casing. Unknown fields are dropped as Python drops them;
 * validation of a caller's event is the HTTP layer's.
 */
export function fromWire(wire: JsonObject): Event {
  const { longRunningToolIds, ...fields } = decode('Event', wire) as JsonObject;
  const event = createEvent(fields);
  // createEvent gives every event an empty list; on the wire its absence means something else than [].
  event.longRunningToolIds = longRunningToolIds as string[] | undefined;
  return fromCompaction(event);
}

/** A message from the wire in either casing, bytes as standard base64. */
export function contentFromWire(wire: unknown): Content {
  return decode('Content', wire) as Content;
}

/** A content as the wire shows it: camelCase, bytes URL-safe. */
export function contentToWire(content: Content): JsonObject {
  return encode('Content', content) as JsonObject;
}

/** The JSON text of an event as callers see it: secrets and internal metadata left out. */
export function toFrameJson(event: Event): string {
  return toPublicJson(toWire(event));
}

/** The JSON text of a session with its events as callers see it, event by event: a conversation may have many megabytes. */
export function* sessionJson(session: Session): Generator<string, void, undefined> {
  const { id, appName, userId, state, events, lastUpdateTime } = session;
  yield `${toPublicJson({ id, appName, userId, state }).slice(0, -1)},"events":[`;
  for (const [index, event] of events.entries()) yield (index === 0 ? '' : ',') + toFrameJson(event);
  yield `],"lastUpdateTime":${JSON.stringify(toSeconds(lastUpdateTime))}}`;
}

/** The same as one text. */
export function toSessionJson(session: Session): string {
  return [...sessionJson(session)].join('');
}

/** One part from the wire in either casing, bytes as standard base64. */
export function partFromWire(wire: unknown): Part {
  return decode('Part', wire) as Part;
}

/** One part as the wire shows it: camelCase, bytes URL-safe. */
export function partToWire(part: Part): JsonObject {
  return encode('Part', part) as JsonObject;
}
