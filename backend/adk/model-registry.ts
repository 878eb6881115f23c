import { Gemini, LLMRegistry, type BaseLlm } from '@google/adk';

type ModelClass = Parameters<typeof LLMRegistry.register<BaseLlm>>[0];

/**
 * The patterns of ADK's stock class. ADK's registry is keyed by these objects, so registering them again replaces the
 * stock class.
 */
export const GEMINI_MODELS = Gemini.supportedModels;

/**
 * Makes ADK use this class for every agent that names a Gemini model by a string. Only one class per process: the
 * registry is global and caches what it resolved.
 */
export function registerModel(modelClass: ModelClass): void {
  LLMRegistry.register(modelClass);
}
