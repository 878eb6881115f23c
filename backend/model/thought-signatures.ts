import type { Content } from '@google/genai';
import type { StartedAnswer } from './started-answer.ts';
import { ModelError } from './model-error.ts';

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

/** Contents without the signatures that came with them: each step's first call has the documented word, nothing else has one. */
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
 * Asks once more without signatures where Gemini refuses those of the history: another project or model made them, or an
 * import damaged them, and every later turn would be refused as well (google-gemini/gemini-cli#13467). A refusal comes
 * before the first piece, so nothing is shown twice.
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

/** Seen: "Corrupted thought signature.", "Invalid thought signature.", "Function call is missing a thought_signature". */
function isSignatureRefusal(error: unknown): boolean {
  return error instanceof ModelError && error.status === 400 && /thought[ _]?signature/i.test(error.detail);
}
