import {
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  REQUEST_CREDENTIAL_FUNCTION_CALL_NAME,
  REQUEST_INPUT_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import type { Part } from '@google/genai';
import { pairCalls } from '../model/pair-calls.ts';
import { PEER_METADATA_KEY } from '../peer/quoted.ts';

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
  return pairCalls(events.some(isLeftOut) ? events.map(included) : events, {
    isModels: ({ author, content }) => author !== 'user' || content?.role === 'model',
    isInternal: (name) => INTERNAL.has(name),
    makesIds: true,
    endsAtLateAnswer: true,
  });
}

/**
 * ADK leaves out contents without a role, and those whose first part is an empty text, though a signature in it is to
 * go back to the model. Other roles than Gemini's two are written by importers.
 */
function isLeftOut({ content, customMetadata }: Event): boolean {
  if (!content) return false;
  // The peer's words beside a tool's answer that holds them too: they have no role so that ADK leaves them out (0111).
  if (customMetadata?.[PEER_METADATA_KEY] !== undefined && content.role === undefined) return false;
  return (content.role !== 'user' && content.role !== 'model') || (content.parts ?? []).some(isEmptyText);
}

function included(event: Event): Event {
  const { content, author } = event;
  if (!content || !isLeftOut(event)) return event;
  const isKnown = content.role === 'user' || content.role === 'model';
  const role = isKnown ? content.role : author === 'user' || content.role === 'function' ? 'user' : 'model';
  // A text that is missing is put back in the request (valid-contents.ts).
  const parts = content.parts?.map((part) => (isEmptyText(part) ? { ...part, text: undefined } : part));
  return { ...event, content: { ...content, role, parts } };
}

const isEmptyText = ({ text }: Part): boolean => text === '';
