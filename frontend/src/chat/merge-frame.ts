import type { AdkEvent, Part } from '../api/types.ts';

/**
 * Adds one streamed event to a conversation. Partials of one answer grow one entry; the complete event replaces it. An
 * event that is already there (a replay after a reconnect) changes nothing.
 */
export function mergeFrame(events: readonly AdkEvent[], frame: AdkEvent): AdkEvent[] {
  const openIndex = events.findLastIndex((event) => event.partial === true && continues(event, frame));
  const open = events[openIndex];
  if (open) {
    const merged = frame.partial ? { ...open, content: appendParts(open, frame) } : frame;
    return events.toSpliced(openIndex, 1, merged);
  }
  const knownIndex = events.findLastIndex((event) => event.id === frame.id);
  const known = events[knownIndex];
  if (!known) return [...events, frame];
  return !frame.partial && hasContent(known) !== hasContent(frame)
    ? events.toSpliced(knownIndex, 1, joinHalves(known, frame))
    : [...events];
}

/** Marks streaming events as final: their request has ended, so no more will come. */
export function settle(events: readonly AdkEvent[]): AdkEvent[] {
  return events.map((event) => (event.partial ? { ...event, partial: false, interrupted: true } : event));
}

function continues(open: AdkEvent, frame: AdkEvent): boolean {
  return (
    open.invocationId === frame.invocationId && open.author === frame.author && open.branch === frame.branch
  );
}

function hasContent(event: AdkEvent): boolean {
  return (event.content?.parts?.length ?? 0) > 0;
}

/** ADK sends an event with content and artifactDelta as two frames of the same id: keep both halves. */
function joinHalves(known: AdkEvent, frame: AdkEvent): AdkEvent {
  const artifactDelta = { ...known.actions?.artifactDelta, ...frame.actions?.artifactDelta };
  const content = hasContent(known) ? known.content : frame.content;
  return {
    ...known,
    ...frame,
    actions: { ...known.actions, ...frame.actions, artifactDelta },
    ...(content ? { content } : {}),
  };
}

function appendParts(open: AdkEvent, frame: AdkEvent): { role?: string; parts: Part[] } {
  const parts = [...(open.content?.parts ?? [])];
  for (const part of frame.content?.parts ?? []) {
    const last = parts.at(-1);
    const grows = part.text !== undefined && last?.text !== undefined && !last.thought === !part.thought;
    if (grows) parts[parts.length - 1] = { ...last, text: (last.text ?? '') + part.text };
    else parts.push(part);
  }
  return { ...open.content, parts };
}
