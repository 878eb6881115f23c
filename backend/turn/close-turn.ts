import { createEvent, getFunctionCalls, getFunctionResponses, type Event, type Session } from '@google/adk';
import { nodePathOf } from './node-path.ts';
import type { OpenAnswers } from './open-answers.ts';
import type { BaseAgent } from '@google/adk';

export interface Ending {
  rootAgent: BaseAgent;
  session: Session;
  invocationId: string;
  answers: OpenAnswers;
  /** Said to the model in the place of a tool's answer that never came. */
  sentence: string;
  now: number;
}

/**
 * The events that close a turn that ended in the middle, so that the next one is valid: each answer that was shown in
 * part, as an event of its own marked interrupted, and an answer for each function call that has none.
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

function answersForOpenCalls({ session, invocationId, sentence, now }: Ending): Event[] {
  const mine = session.events.filter((event) => event.invocationId === invocationId);
  const answered = new Set(mine.flatMap(getFunctionResponses).map(({ id }) => id));
  return mine.flatMap((event) => {
    const open = getFunctionCalls(event).filter(
      ({ id }) => !answered.has(id) && !event.longRunningToolIds?.includes(id ?? ''),
    );
    if (event.author === 'user' || open.length === 0) return [];
    const parts = open.map(({ id, name }) => ({
      functionResponse: { id, name, response: { error: sentence } },
    }));
    const { author, branch } = event;
    return [createEvent({ invocationId, author, branch, timestamp: now, content: { role: 'user', parts } })];
  });
}
