import type { Event } from '@google/adk';
import { costOf, pricedModel } from '../model/prices.ts';
import type { TokenUse } from './run.ts';

export const noTokens = (): TokenUse => ({
  input: 0,
  cached: 0,
  output: 0,
  thinking: 0,
  total: 0,
  costUsd: 0,
  unpriced: [],
});

/** Adds the usage of an event's model call. Only complete events have it, not chunks. */
export function addTokens(tokens: TokenUse, event: Event): void {
  const { usageMetadata: usage, partial, timestamp } = event;
  if (partial || !usage) return;
  const modelVersion = (event as { modelVersion?: string }).modelVersion ?? '';
  tokens.input += (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0);
  tokens.cached += usage.cachedContentTokenCount ?? 0;
  tokens.output += (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
  tokens.thinking += usage.thoughtsTokenCount ?? 0;
  tokens.total += usage.totalTokenCount ?? 0;
  const cost = costOf(modelVersion, usage, timestamp);
  const name = pricedModel(modelVersion) || 'unknown';
  if (cost !== undefined) tokens.costUsd += cost;
  else if (!tokens.unpriced.includes(name)) tokens.unpriced.push(name);
}
