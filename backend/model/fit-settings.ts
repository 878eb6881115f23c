import type { GenerateContentConfig } from '@google/genai';
import type { ModelRules } from './model-rules.ts';

type Settings = Pick<GenerateContentConfig, 'thinkingConfig'> & Record<string, unknown>;

const SAMPLING = ['temperature', 'topP', 'topK', 'candidateCount'] as const;

/**
 * Adapts an agent's settings to this model, as GEMINI_MODEL may have replaced the model that they were written for.
 * `changes` lists what was removed or replaced, for the log.
 */
export function fitSettings(
  settings: Settings,
  rules: ModelRules | undefined,
): { settings: Settings; changes: string[] } {
  if (!rules) return { settings, changes: [] };
  const fitted: Settings = { ...settings };
  const changes: string[] = [];
  if (!rules.takesSampling) {
    for (const field of SAMPLING) {
      if (fitted[field] === undefined) continue;
      delete fitted[field];
      changes.push(`${field} is left out`);
    }
  }
  const thinking = { ...fitted.thinkingConfig };
  if (thinking.thinkingLevel !== undefined) {
    if (!rules.takesThinkingLevel) {
      delete thinking.thinkingLevel;
      changes.push('thinkingLevel is left out');
    } else if (thinking.thinkingBudget !== undefined) {
      delete thinking.thinkingBudget;
      changes.push('thinkingBudget is left out: thinkingLevel says it');
    }
    if (!rules.takesMinimal && `${thinking.thinkingLevel}`.toUpperCase() === 'MINIMAL') {
      thinking.thinkingLevel = 'LOW' as typeof thinking.thinkingLevel;
      changes.push('thinkingLevel MINIMAL becomes LOW');
    }
    fitted.thinkingConfig = thinking;
  }
  return { settings: fitted, changes };
}
