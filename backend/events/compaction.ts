import { isCompactedEvent, type Event } from '@google/adk';
import type { Content } from '@google/genai';

/** Python ADK's form of a summary of older events; times are milliseconds here, as everywhere in adk-js. */
interface Compaction {
  startTimestamp: number;
  endTimestamp: number;
  compactedContent: Content;
}

/** Moves an adk-js event's summary to where Python ADK expects it. */
export function withCompaction(event: Event): Event {
  if (!isCompactedEvent(event)) return event;
  const { startTime, endTime, compactedContent } = event;
  const compaction: Compaction = {
    startTimestamp: startTime,
    endTimestamp: endTime,
    compactedContent: { role: 'model', parts: [{ text: compactedContent }] },
  };
  return { ...event, actions: { ...event.actions, compaction } as Event['actions'] };
}

/** Moves a stored event's summary to where adk-js expects it. */
export function fromCompaction(event: Event): Event {
  const { compaction } = event.actions as { compaction?: Compaction };
  if (!compaction) return event;
  const text = (compaction.compactedContent.parts ?? []).map((part) => part.text ?? '').join('');
  return Object.assign(event, {
    isCompacted: true,
    startTime: compaction.startTimestamp,
    endTime: compaction.endTimestamp,
    compactedContent: text,
  });
}
