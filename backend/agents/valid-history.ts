import type { Event } from '@google/adk';
import type { Part } from '@google/genai';
import { isFrameworkCall } from '../adk/framework-calls.ts';
import { pairCalls, PairingCheck, type PairingRules } from '../model/pair-calls.ts';
import { PEER_METADATA_KEY } from '../peer/quoted.ts';

const RULES: PairingRules<Event> = {
  isModels: ({ author, content }) => author !== 'user' || content?.role === 'model',
  isInternal: isFrameworkCall,
  makesIds: true,
  endsAtLateAnswer: true,
};

/** How many events of a session were found to be valid, and the last of them. */
interface Look {
  count: number;
  last: Event;
  check: PairingCheck<Event>;
}

/** By a session's first event, as in history-markers.ts: stored events never change and stay the same objects. */
const looks = new WeakMap<Event, Look>();

/**
 * The events of a session in a form that ADK can convert to contents: it throws if a response has no call, and drops
 * responses without an id. Calls and responses are paired here, because ADK removes the ids that it made from requests.
 * Returns the same array if nothing differs; stored events are never changed.
 */
export function validHistory(events: Event[]): Event[] {
  if (isValid(events)) return events;
  return pairCalls(events.some(isLeftOut) ? events.map(included) : events, RULES);
}

/** Checks only the events that were not checked before. */
function isValid(events: readonly Event[]): boolean {
  const [first] = events;
  if (!first) return true;
  const known = looks.get(first);
  const isKnown = known !== undefined && events[known.count - 1] === known.last;
  const look = isKnown ? known : { count: 0, last: first, check: new PairingCheck(RULES) };
  looks.delete(first);
  for (; look.count < events.length; look.count++) {
    look.last = events[look.count]!;
    if (isLeftOut(look.last) || !look.check.accepts(look.last)) return false;
  }
  looks.set(first, look);
  return look.check.isComplete;
}

/**
 * Whether ADK would leave the event out: contents without a role, and those whose first part is an empty text, although
 * a signature in it must go back to the model. Importers write roles other than Gemini's two.
 */
function isLeftOut({ content, customMetadata }: Event): boolean {
  if (!content) return false;
  // The peer's text beside a tool response that also holds it: it has no role, so that ADK leaves it out (decision
  // 0111).
  if (customMetadata?.[PEER_METADATA_KEY] !== undefined && content.role === undefined) return false;
  return (content.role !== 'user' && content.role !== 'model') || hasEmptyText(content.parts);
}

/** A loop: `some` with a callback for each event of a long session costs a hundredth of a turn. */
function hasEmptyText(parts: readonly Part[] | undefined): boolean {
  for (const part of parts ?? []) if (isEmptyText(part)) return true;
  return false;
}

function included(event: Event): Event {
  const { content, author } = event;
  if (!content || !isLeftOut(event)) return event;
  const isKnown = content.role === 'user' || content.role === 'model';
  const isAnswer = content.role === 'function' || content.parts?.some((part) => part.functionResponse);
  const role = isKnown ? content.role : author === 'user' || isAnswer ? 'user' : 'model';
  // valid-contents.ts puts the missing text back into the request.
  const parts = content.parts?.map((part) => (isEmptyText(part) ? { ...part, text: undefined } : part));
  return { ...event, content: { ...content, role, parts } };
}

const isEmptyText = ({ text }: Part): boolean => text === '';
