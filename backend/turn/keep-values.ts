import { State, type Event } from '@google/adk';
import type { FunctionResponse } from '@google/genai';
import { NotJsonError, toJsonValue } from '../json/to-json-value.ts';
import { isObject } from '../json/is-object.ts';

/** Error code of an event whose callback set a state that cannot be stored. */
const NOT_KEPT = 'VALUE_NOT_KEPT';

/**
 * Makes an event storable in every store and valid on the wire and for the model, in place: results of tools and state
 * as JSON, no lone surrogate in a text. A value that cannot be stored is reported where the model and the person read
 * it: in the tool's response, or else in the event's error.
 */
export function keepValues(event: Event, state: Record<string, unknown>): void {
  let last: FunctionResponse | undefined;
  for (const part of event.content?.parts ?? []) {
    if (part.text !== undefined && !part.text.isWellFormed()) part.text = part.text.toWellFormed();
    if (!part.functionResponse) continue;
    last = part.functionResponse;
    if (last.response) last.response = keptResponse(last.response, last.name);
  }
  const refused = keepState(event.actions.stateDelta, state);
  if (refused.length === 0) return;
  const sentence = refused.join(' ');
  if (last) last.response = { ...last.response, warning: sentence };
  else {
    event.errorCode ??= NOT_KEPT;
    event.errorMessage ??= sentence;
  }
}

/**
 * Replaces results of tools that the store refused by its reason, in place, and drops their state: the tools have run,
 * and the model must know. False if the event has no result: then the refusal stands.
 */
export function withoutResults(event: Event, reason: string): boolean {
  const responses = (event.content?.parts ?? []).flatMap(({ functionResponse }) => functionResponse ?? []);
  for (const response of responses)
    response.response = {
      error: `${response.name ?? 'the tool'} has run, but its result or state could not be kept: ${reason}`,
    };
  event.actions.stateDelta = {};
  return responses.length > 0;
}

function keptResponse(response: unknown, name = 'the tool'): Record<string, unknown> {
  if (response instanceof Error) return { error: response.message.toWellFormed() };
  try {
    const kept = toJsonValue(response);
    return isObject(kept) ? kept : { result: kept };
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    return { error: `${name} has run, but its result could not be kept because ${error.message}.` };
  }
}

/** Returns a sentence for each key that was removed. */
function keepState(delta: Record<string, unknown>, state: Record<string, unknown>): string[] {
  const refused: string[] = [];
  for (const [key, value] of Object.entries(delta ?? {})) {
    if (key.startsWith(State.TEMP_PREFIX)) continue;
    try {
      delta[key] = toJsonValue(value);
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error;
      delete delta[key];
      delete state[key];
      refused.push(`The state ${JSON.stringify(key)} could not be kept because ${error.message}.`);
    }
  }
  return refused;
}
