import type { Event, Session } from '@google/adk';
import { assignState } from './state.ts';

const appended = new WeakSet<Event>();

/** Whether this process has stored the event. */
export const wasAppended = (event: Event): boolean => appended.has(event);

/** Adds an event that was stored to the session object it was appended to. `timestamp`: as stored, in milliseconds. */
export function addStored(session: Session, event: Event, timestamp: number): void {
  appended.add(event);
  event.timestamp = timestamp;
  assignState(session.state, event.actions.stateDelta);
  session.lastUpdateTime = timestamp;
  addOrReplace(session.events, event);
}

/**
 * ADK puts some events (the response of a confirmed tool) into the session before it yields them. Such an event belongs
 * to the current invocation, which is at the end, so the rest of a long session is not searched.
 */
function addOrReplace(events: Event[], event: Event): void {
  for (let index = events.length - 1; index >= 0; index--) {
    const candidate = events[index];
    if (candidate?.invocationId !== event.invocationId) break;
    if (candidate === event || candidate.id === event.id) {
      events[index] = event;
      return;
    }
  }
  events.push(event);
}
