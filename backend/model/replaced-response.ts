import { getFunctionCalls, type Event, type LlmResponse } from '@google/adk';

/** Set by the framework, not by the model's words: what a callback leaves out of its replacement is kept. */
const KEPT = ['usageMetadata', 'modelVersion', 'finishReason', 'interactionId', 'turnComplete'] as const;

/**
 * What a callback put in the place of a response of the model: a piece stays a piece, a whole answer stays whole, the
 * tokens are counted, and calls keep their ids, by which the pieces of a call and its whole are known as one.
 */
export function keepFrameworkFields(original: LlmResponse, changed: LlmResponse): LlmResponse {
  const kept: Record<string, unknown> = {};
  for (const field of KEPT)
    if (field in original && (changed as Record<string, unknown>)[field] === undefined)
      kept[field] = (original as Record<string, unknown>)[field];
  const ids = getFunctionCalls(original as Event);
  for (const call of getFunctionCalls(changed as Event)) {
    if (call.id) continue;
    const index = ids.findIndex(({ name }) => name === call.name);
    if (index !== -1) call.id = ids.splice(index, 1)[0]?.id;
  }
  return { ...changed, ...kept, partial: original.partial };
}

/** A callback that answers in the model's place gives the whole answer: a piece would never be followed by its whole. */
export function wholeResponse(response: LlmResponse): LlmResponse {
  return response.partial ? { ...response, partial: false } : response;
}
