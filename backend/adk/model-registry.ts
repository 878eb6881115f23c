import { Gemini, LLMRegistry, type BaseLlm } from '@google/adk';

type ModelClass = Parameters<typeof LLMRegistry.register<BaseLlm>>[0];

/** The patterns of the stock class: ADK's registry is keyed by these objects, so who registers them takes its place. */
export const GEMINI_MODELS = Gemini.supportedModels;

/**
 * From now on ADK makes a model of this class for every agent that names a Gemini model by a string. One class a process:
 * the registry is global, and remembers what it resolved.
 */
export function registerModel(modelClass: ModelClass): void {
  LLMRegistry.register(modelClass);
}
