import {
  createEvent,
  getFunctionCalls,
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  type Event,
} from '@google/adk';
import type { FunctionCall } from '@google/genai';

/**
 * Where adk-js asks for a confirmation it yields one event; Python ADK yields two: the question, and the tool's
 * provisional answer, without which the history has a call that nobody answered and the next turn is refused by Gemini.
 */
export function splitConfirmation(event: Event): Event[] {
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
  const parts = calls.map(({ id, name }) => ({
    functionResponse: {
      id,
      name,
      response: { error: 'This tool call requires confirmation, please approve or reject.' },
    },
  }));
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

function originalCallOf(question: FunctionCall): FunctionCall | undefined {
  const call = question.args?.['originalFunctionCall'];
  return typeof call === 'object' && call !== null ? call : undefined;
}
