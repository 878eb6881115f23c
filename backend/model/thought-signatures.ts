import type { Content } from '@google/genai';
import type { StartedAnswer } from './started-answer.ts';
import { ModelError } from './model-error.ts';

/**
 * The value that Google documents for calls that the model did not sign, as in history from another model
 * (ai.google.dev/gemini-api/docs/thought-signatures). It is written into the JSON as it is, without base64 encoding.
 */
export const UNSIGNED = 'skip_thought_signature_validator';

/**
 * Contents in which the first function call of each step has a signature. Existing signatures stay byte for byte.
 * History from before Gemini 3 or from another kind of model has none. A call that waits for a person or a long-running
 * tool belongs to the current turn, and Gemini 3 refuses it unsigned. Earlier turns are signed too, so that the
 * beginning of a conversation is the same in every request, as Google's cache needs.
 */
export function signCalls(contents: readonly Content[]): Content[] {
  return contents.map((content) => {
    const { role, parts = [] } = content;
    const first = role === 'model' ? parts.findIndex((part) => part.functionCall) : -1;
    const call = parts[first];
    if (!call || call.thoughtSignature) return content;
    // Copy it: the history is shared between requests.
    return { ...content, parts: parts.with(first, { ...call, thoughtSignature: UNSIGNED }) };
  });
}

/** Contents without their signatures: the first call of each step has the documented value, nothing else has one. */
export function withoutSignatures(contents: readonly Content[]): Content[] {
  return signCalls(
    contents.map((content) =>
      content.parts?.some((part) => part.thoughtSignature)
        ? { ...content, parts: content.parts.map(({ thoughtSignature: _signature, ...part }) => part) }
        : content,
    ),
  );
}

/**
 * Retries once without signatures if Gemini refuses those of the history: another project or model made them, or an
 * import damaged them, and every later turn would be refused as well (google-gemini/gemini-cli#13467). A refusal comes
 * before the first chunk, so nothing is shown twice.
 */
export async function withoutRefusedSignatures<T>(
  ask: () => Promise<StartedAnswer<T>>,
  askWithout: () => Promise<StartedAnswer<T>>,
): Promise<StartedAnswer<T>> {
  try {
    return await ask();
  } catch (error) {
    if (!isSignatureRefusal(error)) throw error;
    return askWithout();
  }
}

/**
 * Messages seen: "Corrupted thought signature.", "Invalid thought signature.", "Function call is missing a
 * thought_signature".
 */
function isSignatureRefusal(error: unknown): boolean {
  return error instanceof ModelError && error.status === 400 && /thought[ _]?signature/i.test(error.detail);
}
