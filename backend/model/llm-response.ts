import type { LlmResponse } from '@google/adk';
import { FinishReason } from '@google/genai';
import type { GeminiResponse } from './read-answer.ts';

/** ADK's response for one answer of Gemini's API, by Python ADK's rules (adk-js leaves out modelVersion, for one). */
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
  // Fields of Python's response that adk-js carries along without naming them.
  const logprobs = avgLogprobs === undefined && !logprobsResult ? {} : { avgLogprobs, logprobsResult };
  const known = { usageMetadata, modelVersion, citationMetadata, finishReason, ...logprobs };
  if (candidate.content?.parts?.length || finishReason === FinishReason.STOP)
    return { ...known, content: candidate.content, groundingMetadata };
  return { ...known, errorCode: finishReason, errorMessage: candidate.finishMessage };
}
