import {
  createEvent,
  createEventActions,
  getFunctionCalls,
  getFunctionResponses,
  type BaseAgent,
  type Event,
  type Session,
} from '@google/adk';
import type { FunctionCall } from '@google/genai';
import { newEventId } from '../events/ids.ts';
import { decidedCalls, UNCONFIRMED, undecidedCalls } from './confirmation-events.ts';
import { nodePathOf } from './node-path.ts';
import type { OpenAnswers } from './open-answers.ts';

/** google-adk's text. */
const DECLINED = 'This tool call is rejected.';

export interface Ending {
  rootAgent: BaseAgent | undefined;
  session: Session;
  invocationId: string;
  answers: OpenAnswers;
  /** The text that the model gets in place of a tool's missing response. */
  sentence: string;
  /** Calls of this event stay open: they will be repeated. */
  toRepeat?: Event;
  now: number;
}

/**
 * The events that close a turn that ended in the middle, so that the next one is valid: each partly shown answer as a
 * separate event marked interrupted, and a response for each function call without one; a provisional one if a person
 * is asked to confirm the call.
 */
export function closingEvents(ending: Ending): Event[] {
  const { rootAgent, invocationId, now: timestamp } = ending;
  const shown = ending.answers.unfinished.flatMap(({ id, author, branch, parts }) => {
    if (parts.length === 0) return [];
    const event = createEvent({
      id,
      invocationId,
      author,
      branch,
      timestamp,
      content: { role: 'model', parts },
      interrupted: true,
    });
    return [event];
  });
  const events = [...shown, ...answersForOpenCalls(ending)];
  for (const event of events) {
    event.nodeInfo = { path: nodePathOf(rootAgent, event.author) };
    event.longRunningToolIds = undefined;
  }
  return events;
}

/** Events of an invocation with unanswered calls; long-running ones are meant to stay open. */
export function openCalls(
  events: readonly Event[],
  invocationId: string,
): { event: Event; calls: FunctionCall[] }[] {
  const mine = events.filter((event) => event.invocationId === invocationId);
  const answered = new Set(mine.flatMap(getFunctionResponses).map(({ id }) => id));
  return mine.flatMap((event) => {
    const calls = getFunctionCalls(event).filter(
      ({ id }) => !answered.has(id) && !event.longRunningToolIds?.includes(id ?? ''),
    );
    return event.author === 'user' || calls.length === 0 ? [] : [{ event, calls }];
  });
}

function answersForOpenCalls({ session, invocationId, sentence, now, toRepeat }: Ending): Event[] {
  const undecided = undecidedCalls(session.events, invocationId);
  const answer = ({ author, branch }: Event, calls: FunctionCall[], error: string): Event => {
    const parts = calls.map(({ id, name }) => {
      const response = undecided.has(id) ? UNCONFIRMED : { error };
      return { functionResponse: { id, name, response } };
    });
    const asked = calls.filter(({ id }) => undecided.has(id));
    // The question was stored and its provisional response was not: a decision counts all the same.
    const requestedToolConfirmations = Object.fromEntries(asked.map(({ id }) => [id, undecided.get(id)]));
    const actions = createEventActions(
      asked.length > 0 ? { requestedToolConfirmations, skipSummarization: true } : {},
    );
    const content = { role: 'user', parts };
    return createEvent({ id: newEventId(), invocationId, author, branch, timestamp: now, content, actions });
  };
  const open = openCalls(session.events, invocationId).flatMap(({ event, calls }) =>
    event === toRepeat ? [] : [answer(event, calls, sentence)],
  );
  // Their provisional response says that they wait for a confirmation: the model would ask for it again.
  const decided = decidedCalls(session.events, invocationId).map(({ question, call, isDeclined }) =>
    answer(question, [call], isDeclined ? DECLINED : sentence),
  );
  return [...open, ...decided];
}
