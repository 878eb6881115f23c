import { isFrameworkCall } from '../adk/framework-calls.ts';
import { AppError } from '../errors/app-error.ts';
import type { ParsedEvent } from './wire/event-schema.ts';

/**
 * Refuses events that claim to be ADK's own: a caller must not be able to forge its questions or their responses.
 * Ordinary tool calls are allowed, so that a conversation can be restored.
 */
export function assertRestorableEvents(events: readonly ParsedEvent[]): void {
  for (const [index, event] of events.entries()) {
    const forbidden = forbiddenPart(event);
    if (forbidden) {
      throw new AppError('BAD_REQUEST', `Session initialization event ${index} cannot include ${forbidden}.`);
    }
  }
}

function forbiddenPart(event: ParsedEvent): string | undefined {
  if (event.longRunningToolIds && event.longRunningToolIds.length > 0) return 'long-running tool IDs';
  if (event.actions && Object.values(event.actions).some(isSet)) return 'event actions';
  const names = (event.content?.parts ?? []).flatMap((part) => [
    part.functionCall?.name,
    part.functionResponse?.name,
  ]);
  return names.some(isFrameworkCall) ? 'ADK protocol function calls' : undefined;
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
