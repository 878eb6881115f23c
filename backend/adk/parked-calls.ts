import type { LlmResponse } from '@google/adk';
import type { Part } from '@google/genai';

const PARKED = Symbol('parked part');
type ParkedPart = Part & { [PARKED]?: Part };

/**
 * Hides the function calls of a partial answer: adk-js would execute them, while Python ADK only shows them.
 * `unparkCalls` restores them before the frame is made.
 */
export function parkCalls(response: LlmResponse): LlmResponse {
  const parts = response.content?.parts;
  if (!parts?.some((part) => part.functionCall)) return response;
  const parked = parts.map((part): ParkedPart => (part.functionCall ? { [PARKED]: part } : part));
  return { ...response, content: { ...response.content, parts: parked } };
}

/** Restores the partial answer as the model sent it. */
export function unparkCalls<T extends Pick<LlmResponse, 'content'>>(response: T): T {
  const parts: ParkedPart[] | undefined = response.content?.parts;
  if (!parts?.some((part) => part[PARKED])) return response;
  return { ...response, content: { ...response.content, parts: parts.map((part) => part[PARKED] ?? part) } };
}
