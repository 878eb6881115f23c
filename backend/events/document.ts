import type { Event } from '@google/adk';
import type { Content } from '@google/genai';
import { encode, type JsonObject } from './codec.ts';
import { plain } from './plain.ts';

/**
 * An event as google-adk's Firestore session service stores it in `event_data`: Python's attribute names, nulls
 * omitted, bytes as URL-safe base64, keys inside args, responses and states unchanged. Values that JSON cannot hold are
 * dropped as JSON.stringify does. `fromWire` reads it.
 */
export function toEventData(event: Event): JsonObject {
  return plain(encode('Event', event, 'snake')) as JsonObject;
}

/** A content as google-adk's Firestore memory service stores it. `contentFromWire` reads it. */
export function toContentData(content: Content): JsonObject {
  return plain(encode('Content', content, 'snake')) as JsonObject;
}
