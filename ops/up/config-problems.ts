import { ConfigError, parseConfig } from '@lornu/backend/config/config.ts';
import { chooseModel } from './model-choice.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Everything the service would refuse in this environment; each sentence begins with the variable's name. Missing model
 * settings are not a problem: "lornu up" then starts a stand-in.
 */
export function configProblems(env: Env): readonly string[] {
  const usesStandIn = chooseModel(env).kind === 'own-stand-in';
  try {
    parseConfig(usesStandIn ? { ...env, GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1' } : env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
