import type { AdkEvent } from '../api/types.ts';

/** Ends what still streams: its request is over, so what came of it is all there will be. */
export function settle(events: readonly AdkEvent[]): AdkEvent[] {
  return events.map((event) => (event.partial ? { ...event, partial: false, interrupted: true } : event));
}
