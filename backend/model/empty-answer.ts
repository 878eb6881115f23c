import type { LlmResponse } from '@google/adk';
import { FinishReason, type Part } from '@google/genai';

/** Python ADK's code for an answer that ends well and says nothing; adk-js would call that an answer. */
const NO_CONTENT = 'MODEL_RETURNED_NO_CONTENT';

/** Names an answer that was complete (STOP) without a word or a call in it, so that a person sees why nothing came. */
export function nameEmptyAnswer(response: LlmResponse): void {
  if (response.errorCode || response.finishReason !== FinishReason.STOP) return;
  const parts = response.content?.parts ?? [];
  if (parts.some(saysSomething)) return;
  response.errorCode = NO_CONTENT;
  response.errorMessage ??=
    parts.length > 0
      ? 'The model returned no actionable content (finish_reason=STOP with thought-only or whitespace-only parts).'
      : 'The model returned no content (finish_reason=STOP with empty parts).';
}

function saysSomething({ text, thought, thoughtSignature: _signature, ...rest }: Part): boolean {
  return (text !== undefined && !thought && text.trim() !== '') || Object.keys(rest).length > 0;
}
