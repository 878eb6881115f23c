import { getFunctionCalls, type Event, type LlmResponse } from '@google/adk';

/** Fields set by the framework rather than the model; kept if a callback's replacement omits them. */
const KEPT = ['usageMetadata', 'modelVersion', 'finishReason', 'interactionId', 'turnComplete'] as const;

/**
 * A callback's replacement for a model response, with the framework's fields: a partial stays partial, a complete
 * answer stays complete, tokens are counted, and calls keep their ids, which link a partial call to its complete form.
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

/**
 * A callback that answers instead of the model gives a complete answer: a partial would never be followed by its
 * complete form.
 */
export function wholeResponse(response: LlmResponse): LlmResponse {
  return response.partial ? { ...response, partial: false } : response;
}
