import type { LlmResponse } from '@google/adk';
import { FinishReason } from '@google/genai';
import type { GeminiResponse } from './read-answer.ts';

/**
 * Converts one answer of Gemini's API to ADK's response, by Python ADK's rules (adk-js omits modelVersion, for
 * example).
 */
export function toLlmResponse(response: GeminiResponse): LlmResponse {
  const { usageMetadata, modelVersion, promptFeedback } = response;
  const candidate = response.candidates?.[0];
  if (!candidate) {
    if (!promptFeedback) return { content: { role: 'model', parts: [] }, usageMetadata, modelVersion };
    const { blockReason: errorCode, blockReasonMessage: errorMessage } = promptFeedback;
    return { errorCode, errorMessage, usageMetadata, modelVersion };
  }
  const { citationMetadata, finishReason, groundingMetadata } = candidate;
  const { avgLogprobs, logprobsResult } = candidate;
  // Fields of Python's response that adk-js passes on without declaring them.
  const logprobs = avgLogprobs === undefined && !logprobsResult ? {} : { avgLogprobs, logprobsResult };
  const known = { usageMetadata, modelVersion, citationMetadata, finishReason, ...logprobs };
  if (candidate.content?.parts?.length || finishReason === FinishReason.STOP)
    return { ...known, content: candidate.content, groundingMetadata };
  return { ...known, errorCode: finishReason, errorMessage: candidate.finishMessage };
}
