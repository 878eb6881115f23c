import type { Event } from '@google/adk';
import { toWire } from '../events/wire.ts';
import { toPublicJson } from '../events/redact.ts';
import type { TurnRequest } from '../turn/turn-request.ts';

/** An event's frames for /run_sse: one, or two if it has content and an artifactDelta. */
export function framesOf(event: Event, request: TurnRequest): string[] {
  const wire = toWire(event);
  const { artifactDelta } = event.actions;
  const isSplit =
    request.splitArtifactDelta &&
    !request.functionCallEventId &&
    event.content?.parts?.length &&
    Object.keys(artifactDelta).length > 0;
  if (!isSplit) return [toPublicJson(wire)];
  const actions = toWire({ ...event, actions: { ...event.actions, artifactDelta: {} } })['actions'];
  const { content: _content, ...withoutContent } = wire;
  return [toPublicJson({ ...wire, actions }), toPublicJson(withoutContent)];
}

/** The frame that ends the stream of a failed turn, in Python ADK's form. */
export function errorFrame(errorType: string, errorMessage: string, nowMs: number): string {
  return JSON.stringify({
    error: `${errorType}: ${errorMessage}`,
    error_details: { error_type: errorType, error_message: errorMessage, timestamp: nowMs / 1000 },
  });
}
