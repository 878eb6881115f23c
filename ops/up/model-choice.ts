export type ModelChoice =
  | { kind: 'real'; label: string }
  /** A stand-in that is already running. */
  | { kind: 'given-stand-in'; label: string }
  /** No model is configured: a stand-in is started. */
  | { kind: 'own-stand-in'; label: string };

/** Which model will answer, according to the service's variables; an empty variable counts as unset. */
export function chooseModel(env: Readonly<Record<string, string | undefined>>): ModelChoice {
  const baseUrl = env['GOOGLE_GEMINI_BASE_URL'];
  if (baseUrl) return { kind: 'given-stand-in', label: `the Gemini stand-in at ${baseUrl}; no model thinks` };
  if (/^(true|1|yes|on)$/i.test(env['GOOGLE_GENAI_USE_VERTEXAI'] ?? '')) {
    return {
      kind: 'real',
      label: `Gemini on Vertex AI, project ${env['GOOGLE_CLOUD_PROJECT'] ?? '(not set)'}`,
    };
  }
  if (env['GEMINI_API_KEY']) return { kind: 'real', label: 'Gemini, by the key in GEMINI_API_KEY' };
  return {
    kind: 'own-stand-in',
    label: 'a Gemini stand-in with scripted answers; no model thinks (set GEMINI_API_KEY for Gemini)',
  };
}
