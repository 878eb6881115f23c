import type { LlmRequest } from '@google/adk';
import type { Content, GenerateContentConfig } from '@google/genai';
import { fitSettings } from './fit-settings.ts';
import { rulesOf } from './model-rules.ts';
import { signCalls } from './thought-signatures.ts';

/** Fields of ADK's request configuration that are siblings of `generationConfig` in the API's body. */
const TOP_LEVEL = ['tools', 'toolConfig', 'safetySettings', 'cachedContent'] as const;
/** Fields for the client itself, which are never sent. */
const CLIENT_ONLY = new Set<string>([
  ...TOP_LEVEL,
  'systemInstruction',
  'labels',
  'httpOptions',
  'abortSignal',
  'automaticFunctionCalling',
]);

/** The target of a request: the model's name and the API. */
export interface Receiver {
  model: string;
  kind: 'gemini-api' | 'vertex' | 'stand-in';
}

/**
 * The body of generateContent and streamGenerateContent for an agent's request, adapted to this model; `changes` lists
 * the agent's settings that had to be changed.
 */
export function toGeminiBody(
  request: LlmRequest,
  { model, kind }: Receiver,
): { body: string; changes: string[] } {
  const config: GenerateContentConfig = request.config ?? {};
  const rules = rulesOf(model);
  const contents = kind === 'vertex' ? request.contents : withoutDisplayNames(request.contents);
  const body: Record<string, unknown> = {
    contents: rules?.needsSignatures ? signCalls(contents) : contents,
  };
  if (config.systemInstruction) body['systemInstruction'] = toInstruction(config.systemInstruction);
  for (const field of TOP_LEVEL) if (config[field]) body[field] = config[field];
  // Only Vertex takes labels; Gemini's API refuses them.
  if (kind === 'vertex' && config.labels) body['labels'] = config.labels;
  const own = Object.fromEntries(Object.entries(config).filter(([field]) => !CLIENT_ONLY.has(field)));
  const { settings, changes } = fitSettings(own, rules);
  if (Object.keys(settings).length > 0) body['generationConfig'] = settings;
  return { body: JSON.stringify(body), changes };
}

function toInstruction(instruction: NonNullable<GenerateContentConfig['systemInstruction']>): unknown {
  if (typeof instruction === 'string') return { role: 'user', parts: [{ text: instruction }] };
  if (Array.isArray(instruction))
    return {
      role: 'user',
      parts: instruction.map((part) => (typeof part === 'string' ? { text: part } : part)),
    };
  return instruction;
}

/** Gemini's API, unlike Vertex, refuses display names on inline and file data. */
function withoutDisplayNames(contents: Content[]): Content[] {
  for (const content of contents)
    for (const part of content.parts ?? []) {
      if (part.inlineData?.displayName) delete part.inlineData.displayName;
      if (part.fileData?.displayName) delete part.fileData.displayName;
    }
  return contents;
}
