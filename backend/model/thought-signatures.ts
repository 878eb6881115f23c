import type { Content } from '@google/genai';

/**
 * What Google documents for calls that the model did not sign itself, as in history from another model
 * (ai.google.dev/gemini-api/docs/thought-signatures). It stands in the JSON as it is, not encoded again.
 */
export const UNSIGNED = 'skip_thought_signature_validator';

/**
 * Contents in which each step's first function call has a signature. Signatures that are there stay as they are, byte
 * for byte. History from before Gemini 3, or from another kind of model, has none, and a call that waits for a person
 * or a long-running tool belongs to the current turn, which Gemini 3 refuses unsigned. Earlier turns are signed too, so
 * that the beginning of a conversation stays the same from request to request, as Google's cache wants it.
 */
export function signCalls(contents: readonly Content[]): Content[] {
  return contents.map((content) => {
    const { role, parts = [] } = content;
    const first = role === 'model' ? parts.findIndex((part) => part.functionCall) : -1;
    const call = parts[first];
    if (!call || call.thoughtSignature) return content;
    // A copy: the history that it comes from is shared between requests.
    return { ...content, parts: parts.with(first, { ...call, thoughtSignature: UNSIGNED }) };
  });
}
