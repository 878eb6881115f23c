import {
  getFunctionCalls,
  getFunctionResponses,
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import type { Content } from '@google/genai';
import { rewindOf, historyMarkersOf } from '../events/history-markers.ts';

/**
 * The events of a session as adk-js must see them, where that differs from what is stored (Python ADK's form):
 * rewound invocations are gone, and where the new message answers a confirmation, the tool's provisional answer stands
 * before the question, because adk-js takes an answer behind it for "already done".
 * Returns the same array where nothing differs.
 */
export function toAgentView(events: Event[], newMessage: Content | undefined): Event[] {
  return withProvisionalAnswersFirst(withoutRewound(events), newMessage);
}

/** A rewind event takes away everything from the named invocation on, up to and with itself. */
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
