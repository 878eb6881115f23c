import {
  createEvent,
  getFunctionCalls,
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import type { FunctionCall } from '@google/genai';
import type { ToolResults } from '../adk/tool-results.ts';

/** google-adk's words. */
const UNCONFIRMED = { error: 'This tool call requires confirmation, please approve or reject.' };

/**
 * Where adk-js asks for a confirmation it yields one event; Python ADK yields two: the question, and the tool's
 * provisional answer, without which the history has a call that nobody answered and the next turn is refused by Gemini.
 * The results of the tools that were called beside it and did not ask stand in that same event, in the order of the calls.
 */
export function splitConfirmation(event: Event, events: readonly Event[], results: ToolResults): Event[] {
  const questions = getFunctionCalls(event).filter(
    ({ name }) => name === REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  );
  const calls = questions.flatMap((question) => originalCallOf(question) ?? []);
  if (calls.length === 0) return [event];
  const { invocationId, author, branch, timestamp, actions } = event;
  const question = createEvent({
    invocationId,
    author,
    branch,
    timestamp,
    content: { ...event.content, role: 'model' },
    longRunningToolIds: event.longRunningToolIds,
  });
  const asking = new Set(calls.map(({ id }) => id));
  const parts = callsBeside(calls, events).flatMap(({ id, name }) => {
    const response = asking.has(id) ? UNCONFIRMED : results.responseOf(id);
    return response ? [{ functionResponse: { id, name, response } }] : [];
  });
  const provisional = createEvent({
    invocationId,
    author,
    branch,
    timestamp,
    content: { role: 'user', parts },
    actions: { ...actions, skipSummarization: true },
  });
  return [question, provisional];
}

/** All calls of the answer in which these were made. */
function callsBeside(calls: FunctionCall[], events: readonly Event[]): FunctionCall[] {
  const isAmong = ({ id }: FunctionCall): boolean => calls.some((call) => call.id === id);
  const event = events.findLast((candidate) => getFunctionCalls(candidate).some(isAmong));
  return event ? getFunctionCalls(event) : calls;
}

function originalCallOf(question: FunctionCall): FunctionCall | undefined {
  const call = question.args?.['originalFunctionCall'];
  return typeof call === 'object' && call !== null ? call : undefined;
}
