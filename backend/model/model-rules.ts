/** What a Gemini model requires or refuses in a request. */
export interface ModelRules {
  /** The first function call of each step must carry a thought signature, else 400. */
  needsSignatures: boolean;
  /** Accepts `thinkingLevel`. Older models only accept `thinkingBudget`; no model accepts both. */
  takesThinkingLevel: boolean;
  /** Accepts the level `minimal`. */
  takesMinimal: boolean;
  /**
   * Accepts temperature, topP, topK and candidateCount. Newer models ignore them, and Google has announced that they
   * will answer 400.
   */
  takesSampling: boolean;
}

const NUMBERED = /^gemini-(\d+)(?:\.(\d+))?-(.*)$/;
/** Names without a number, such as gemini-flash-latest, refer to the newest models. */
const NEWEST = [Number.POSITIVE_INFINITY, 'flash'] as const;

/**
 * The rules of a model, by its name; undefined if it is not a Gemini model (a tuned endpoint, Gemma). Sources, read on
 * 2026-11-29: ai.google.dev/gemini-api/docs/thought-signatures, /whats-new-gemini-3.6 and the pages of the models 3.7
 * and 3.8; langchain-google PR 1897 (sampling), claude-skills PR 783 (minimal).
 */
export function rulesOf(model: string): ModelRules | undefined {
  const name = baseName(model);
  if (!name.startsWith('gemini-')) return undefined;
  const [version, kind] = versionOf(name);
  // Released together with 3.6 Flash, with the same rules.
  const isLite35 = version === 305 && kind.startsWith('flash-lite');
  return {
    needsSignatures: version >= 300,
    takesThinkingLevel: version >= 300,
    takesMinimal: version >= 300 && version < 307 && !kind.startsWith('pro'),
    takesSampling: version < 306 && !isLite35,
  };
}

/** The version as one number (3.8 is 308), and the rest of the name. */
function versionOf(name: string): readonly [version: number, kind: string] {
  const [, major, minor = '0', kind = ''] = NUMBERED.exec(name) ?? [];
  return major === undefined ? NEWEST : [Number(major) * 100 + Number(minor), kind];
}

/** The bare name of a model: without `models/` and without Vertex's path. */
export function baseName(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}
