import {
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  REQUEST_CREDENTIAL_FUNCTION_CALL_NAME,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import { pairCalls } from '../model/pair-calls.ts';

/** Questions to a person, which ADK keeps in the session and never sends to a model. */
const INTERNAL = new Set<string | undefined>([
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  REQUEST_CREDENTIAL_FUNCTION_CALL_NAME,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
]);

/**
 * The events of a session as ADK can make contents of them: it throws where a response has no call, and drops responses
 * without id. The pairing is done here, because ADK removes from a request the ids that it made itself.
 * Returns the same array where nothing differs; the stored events are never changed.
 */
export function validHistory(events: Event[]): Event[] {
  return pairCalls(events.some(lacksRole) ? events.map(withRole) : events, {
    isModels: ({ author, content }) => author !== 'user' || content?.role === 'model',
    isInternal: (name) => INTERNAL.has(name),
    makesIds: true,
    endsAtLateAnswer: true,
  });
}

function lacksRole({ content }: Event): boolean {
  return content !== undefined && content.role !== 'user' && content.role !== 'model';
}

/** ADK leaves out contents without a role; others than Gemini's two are written by importers. */
function withRole(event: Event): Event {
  const { content, author } = event;
  if (!content || !lacksRole(event)) return event;
  const role = author === 'user' || content.role === 'function' ? 'user' : 'model';
  return { ...event, content: { ...content, role } };
}
