import type { AdkEvent } from '../api/types.ts';

/** Marks streaming events as final: their request has ended, so no more will come. */
export function settle(events: readonly AdkEvent[]): AdkEvent[] {
  return events.map((event) => (event.partial ? { ...event, partial: false, interrupted: true } : event));
}
