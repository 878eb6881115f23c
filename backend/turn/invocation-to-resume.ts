import { getFunctionCalls, type Event } from '@google/adk';
import type { Content } from '@google/genai';
import { withoutRewound } from './agent-view.ts';

/** Ids of function responses in a message for which the session has no call. */
export function unknownCallIds(events: Event[], message: Content | undefined): string[] {
  const wanted = responseIds(message);
  if (wanted.size > 0)
    for (const event of withoutRewound(events))
      for (const { id } of getFunctionCalls(event)) wanted.delete(id ?? '');
  return [...wanted];
}

/**
 * The invocation that a message of function responses continues, as Python ADK resolves it: the one that made all of
 * the calls. Undefined if the message answers nothing, or calls that are unknown or of several invocations.
 */
export function invocationToResume(events: Event[], message: Content | undefined): string | undefined {
  const wanted = responseIds(message);
  if (wanted.size === 0) return undefined;
  const invocations = new Set<string>();
  for (const event of withoutRewound(events).toReversed())
    for (const { id } of getFunctionCalls(event))
      if (id && wanted.delete(id)) invocations.add(event.invocationId);
  return wanted.size === 0 && invocations.size === 1 ? [...invocations][0] : undefined;
}

function responseIds(message: Content | undefined): Set<string> {
  return new Set((message?.parts ?? []).flatMap((part) => part.functionResponse?.id ?? []));
}
