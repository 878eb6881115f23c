import type { Event } from '@google/adk';

/**
 * ADK itself puts some events (a confirmed tool's answer) into the session before it yields them. Such an event is of the
 * invocation under way, which stands at the end: the rest of a long session is not searched.
 */
export function addOrReplace(events: Event[], event: Event): void {
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
