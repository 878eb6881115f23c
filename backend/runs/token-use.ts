import type { Event } from '@google/adk';
import type { TokenUse } from './run.ts';

/** Adds what a call of the model has used. */
export function addTokens(
  tokens: TokenUse,
  {
    promptTokenCount,
    candidatesTokenCount,
    thoughtsTokenCount,
    totalTokenCount,
  }: NonNullable<Event['usageMetadata']>,
): void {
  tokens.input += promptTokenCount ?? 0;
  tokens.output += (candidatesTokenCount ?? 0) + (thoughtsTokenCount ?? 0);
  tokens.total += totalTokenCount ?? 0;
}
