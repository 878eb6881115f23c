import type { LlmResponse } from '@google/adk';
import { FinishReason, type Part } from '@google/genai';

/** Python ADK's code for a complete answer without content, which adk-js would accept as an answer. */
const NO_CONTENT = 'MODEL_RETURNED_NO_CONTENT';

/** Marks an answer that is complete (STOP) but has no text and no call, so that the person sees why nothing came. */
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
