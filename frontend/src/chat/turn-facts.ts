import type { AdkEvent } from '../api/types.ts';
import { toWords } from '../util/format.ts';

/** One step of a turn, in seconds from the turn's beginning. */
export interface Step {
  name: string;
  kind: 'model' | 'tool';
  from: number;
  to: number;
}

/** Duration, tokens and steps of an answer. */
export interface TurnFacts {
  models: string[];
  /** Sum over all model calls of this turn. */
  tokens: { prompt: number; cached: number; thoughts: number; answer: number };
  steps: Step[];
  seconds: number;
}

/** Facts from the times, models and token counts that ADK stores with each event. */
export function toFacts(events: readonly AdkEvent[]): TurnFacts {
  const start = events[0]?.timestamp ?? 0;
  const tokens = { prompt: 0, cached: 0, thoughts: 0, answer: 0 };
  const models = new Set<string>();
  const steps: Step[] = [];
  const called = new Map<string, { name: string; from: number }>();
  let before = 0;
  for (const { author, content, timestamp, usageMetadata, modelVersion } of events) {
    const at = Math.max(before, (timestamp ?? start) - start);
    if (usageMetadata) {
      tokens.prompt += usageMetadata.promptTokenCount ?? 0;
      tokens.cached += usageMetadata.cachedContentTokenCount ?? 0;
      tokens.thoughts += usageMetadata.thoughtsTokenCount ?? 0;
      tokens.answer += usageMetadata.candidatesTokenCount ?? 0;
    }
    if (modelVersion) models.add(modelVersion);
    const parts = content?.parts ?? [];
    const answers = parts.flatMap(({ functionResponse }) => functionResponse ?? []);
    for (const { id = '' } of answers) {
      const call = called.get(id);
      if (call) steps.push({ name: call.name, kind: 'tool', from: call.from, to: at });
    }
    if (author !== 'user' && answers.length === 0 && parts.length > 0)
      steps.push({ name: toWords(author ?? 'agent'), kind: 'model', from: before, to: at });
    for (const { functionCall } of parts)
      if (functionCall?.id) called.set(functionCall.id, { name: toWords(functionCall.name), from: at });
    before = at;
  }
  return { models: [...models], tokens, steps, seconds: before };
}
