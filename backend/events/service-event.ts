import { createEvent, createEventActions, type Event } from '@google/adk';
import { newEventId, newPatchInvocationId } from './ids.ts';

/** An event made by the service itself, without function calls. */
export function serviceEvent(fields: Partial<Event>): Event {
  const event = createEvent({ id: newEventId(), ...fields });
  // Python prints the list only for events with function calls, but createEvent gives every event one.
  event.longRunningToolIds = undefined;
  return event;
}

/** A state change outside a turn. `nowMs` is milliseconds since the epoch. */
export function statePatch(stateDelta: Record<string, unknown>, nowMs: number): Event {
  return serviceEvent({
    invocationId: newPatchInvocationId(),
    author: 'user',
    timestamp: nowMs,
    actions: createEventActions({ stateDelta }),
  });
}
