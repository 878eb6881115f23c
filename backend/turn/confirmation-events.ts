import {
  createEvent,
  getFunctionCalls,
  getFunctionResponses,
  REQUEST_CONFIRMATION_FUNCTION_CALL_NAME,
  type Event,
  type ToolConfirmation,
} from '@google/adk';
import type { FunctionCall } from '@google/genai';
import type { ToolResults } from '../adk/tool-results.ts';
import { isObject } from '../json/is-object.ts';

/** google-adk's text: the provisional response of a call that waits for a decision. */
export const UNCONFIRMED = { error: 'This tool call requires confirmation, please approve or reject.' };

/**
 * When adk-js asks for a confirmation it yields one event; Python ADK yields two: the question, and the tool's
 * provisional response, without which the history has an unanswered call and Gemini refuses the next turn. The results
 * of other tools of the same step that did not ask are in that event too, in the order of the calls.
 */
export function splitConfirmation(event: Event, events: readonly Event[], results: ToolResults): Event[] {
  const questions = getFunctionCalls(event).filter(isQuestion);
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

/** A call that a person has approved or declined, and the event that asked for it. */
export interface DecidedCall {
  question: Event;
  call: FunctionCall;
  isDeclined: boolean;
}

/** What an invocation asks a person to confirm and nobody has decided yet, by the ids of the tools' calls. */
export function undecidedCalls(
  events: readonly Event[],
  invocationId: string,
): ReadonlyMap<string | undefined, ToolConfirmation> {
  const mine = events.filter((event) => event.invocationId === invocationId);
  const decided = new Set(mine.flatMap(getFunctionResponses).map(({ id }) => id));
  const questions = mine
    .flatMap(getFunctionCalls)
    .filter((call) => isQuestion(call) && !decided.has(call.id));
  return new Map(
    questions.flatMap((question) => {
      const call = originalCallOf(question);
      const confirmation = question.args?.['toolConfirmation'];
      if (!call?.id || !isObject(confirmation)) return [];
      return [[call.id, confirmation as unknown as ToolConfirmation] as const];
    }),
  );
}

/** The decided calls of an invocation that have only their provisional response: the turn ended before their result. */
export function decidedCalls(events: readonly Event[], invocationId: string): DecidedCall[] {
  const mine = events.filter((event) => event.invocationId === invocationId);
  const decisions = new Map(
    mine
      .filter(({ author }) => author === 'user')
      .flatMap(getFunctionResponses)
      .filter(isQuestion)
      .map(({ id, response }) => [id, isApproval(response)] as const)
      // The first decision holds.
      .toReversed(),
  );
  if (decisions.size === 0) return [];
  const hasResult = new Set(
    mine.flatMap((event) =>
      getFunctionResponses(event)
        .map(({ id }) => id)
        .filter((id) => !Object.hasOwn(event.actions?.requestedToolConfirmations ?? {}, id ?? '')),
    ),
  );
  return mine.flatMap((question) =>
    getFunctionCalls(question).flatMap((asked): DecidedCall[] => {
      const call = decisions.has(asked.id) ? originalCallOf(asked) : undefined;
      if (!call || hasResult.has(call.id)) return [];
      return [{ question, call, isDeclined: !decisions.get(asked.id) }];
    }),
  );
}

/** Whether this call asks for a confirmation, or this response decides one. */
function isQuestion({ name }: { name?: string }): boolean {
  return name === REQUEST_CONFIRMATION_FUNCTION_CALL_NAME;
}

/** As ADK reads a decision: its fields, or their JSON as the only field `response`. */
function isApproval(response: Record<string, unknown> = {}): boolean {
  if (response['confirmed'] !== undefined || typeof response['response'] !== 'string')
    return response['confirmed'] === true;
  try {
    return (JSON.parse(response['response']) as { confirmed?: unknown } | null)?.confirmed === true;
  } catch {
    return false;
  }
}

/** All calls of the answer that contained these. */
function callsBeside(calls: FunctionCall[], events: readonly Event[]): FunctionCall[] {
  const isAmong = ({ id }: FunctionCall): boolean => calls.some((call) => call.id === id);
  const event = events.findLast((candidate) => getFunctionCalls(candidate).some(isAmong));
  return event ? getFunctionCalls(event) : calls;
}

function originalCallOf(question: FunctionCall): FunctionCall | undefined {
  const call = question.args?.['originalFunctionCall'];
  return isObject(call) ? call : undefined;
}
