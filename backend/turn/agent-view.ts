import {
  getFunctionCalls,
  getFunctionResponses,
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import type { Content } from '@google/genai';
import { rewindOf, historyMarkersOf } from '../events/history-markers.ts';

/**
 * A session's events as adk-js must see them, where that differs from the stored form (Python ADK's): rewound
 * invocations are removed, and if the new message answers a confirmation, the tool's provisional response is placed
 * before the question, because adk-js takes a response after it for "already done". Returns the same array if nothing
 * differs.
 */
export function toAgentView(events: Event[], newMessage: Content | undefined): Event[] {
  return withProvisionalAnswersFirst(withoutRewound(events), newMessage);
}

/** A rewind event removes everything from the named invocation on, including itself. */
export function withoutRewound(events: Event[]): Event[] {
  if (!historyMarkersOf(events).hasRewind) return events;
  const kept: Event[] = [];
  for (const event of events) {
    const rewound = rewindOf(event);
    if (!rewound) kept.push(event);
    else {
      const from = kept.findIndex(({ invocationId }) => invocationId === rewound);
      if (from !== -1) kept.length = from;
    }
  }
  return kept;
}

function withProvisionalAnswersFirst(events: Event[], newMessage: Content | undefined): Event[] {
  const answered = new Set(
    (newMessage?.parts ?? [])
      .filter((part) => part.functionResponse?.name === REQUEST_CONFIRMATION_FUNCTION_CALL_NAME)
      .map((part) => part.functionResponse?.id),
  );
  if (answered.size === 0) return events;
  const view = [...events];
  for (let index = 0; index < view.length - 1; index++) {
    const [question, provisional] = [view[index]!, view[index + 1]!];
    const isAnswered = getFunctionCalls(question).some(({ id }) => answered.has(id));
    if (isAnswered && isProvisional(provisional)) [view[index], view[index + 1]] = [provisional, question];
  }
  return view;
}

function isProvisional(event: Event): boolean {
  const asked = Object.keys(event.actions.requestedToolConfirmations);
  return asked.length > 0 && getFunctionResponses(event).some(({ id }) => asked.includes(id ?? ''));
}
