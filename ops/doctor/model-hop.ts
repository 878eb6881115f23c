import { MODEL } from '@lornu/agents/model.ts';
import type { Config } from '@lornu/backend/config/config.ts';
import { type GoogleIdentity, SCOPES } from '@lornu/backend/identity/google/google-identity.ts';
import { callModel } from '@lornu/backend/model/call-model.ts';
import { ModelError } from '@lornu/backend/model/model-error.ts';
import type { ModelBackend } from '@lornu/backend/model/model-settings.ts';
import { isAnswerOf, READ_ON, retirementStateOf } from '@lornu/backend/model/retirements.ts';
import { attempt, type Hop, type HopsOptions, LIMIT_MS } from './hop.ts';

const NAME = 'model';
/** One token is enough to see which model answers. */
const QUESTION = JSON.stringify({
  contents: [{ role: 'user', parts: [{ text: 'Say yes.' }] }],
  generationConfig: { maxOutputTokens: 1 },
});
const KEY =
  'put a valid key into GEMINI_API_KEY (in staging: lornu secrets set gemini-api-key), or correct GEMINI_MODEL';
const CHOOSE =
  'choose another model: docs/operations.md, "The model" (GEMINI_MODEL here, gemini_model in staging)';

/**
 * Whether the model answers, whether it is the requested one, and when Google retires it. Requests one token: only an
 * answer names the model that gave it.
 */
export async function model(
  config: Config,
  google: GoogleIdentity | undefined,
  options: HopsOptions,
): Promise<Hop> {
  if (config.model.kind === 'stand-in')
    return { name: NAME, state: 'ok', value: 'a stand-in for Gemini answers' };
  const named = config.model.name ?? MODEL;
  const standing = retirementStateOf(
    named,
    config.model.kind === 'vertex' ? 'vertex' : 'gemini-api',
    options.now(),
  );
  const backend = backendOf(config, google);
  let next = KEY;
  const hop = await attempt(
    NAME,
    async () => {
      if (!backend) return `${named} on Vertex AI, not asked: we are nobody to Google`;
      const answered = await askedModel(backend, named, options).catch((error: unknown) => {
        if (error instanceof ModelError && error.status === 404) next = CHOOSE;
        throw error instanceof ModelError ? new Error(error.detail, { cause: error.cause }) : error;
      });
      if (answered !== undefined && !isAnswerOf(named, answered)) {
        next = CHOOSE;
        throw new Error(`${named} is asked, and ${answered} answers`);
      }
      return `${named} answers`;
    },
    KEY,
  );
  const dates = standing?.sentence ?? `no retirement announced as of ${READ_ON}`;
  const isToGo = standing !== undefined && standing.state !== 'later';
  return {
    name: NAME,
    state: isToGo ? 'missing' : hop.state,
    value: `${hop.value}; ${dates}`,
    ...(isToGo || hop.state === 'missing' ? { next: isToGo ? CHOOSE : next } : {}),
  };
}

function backendOf({ model: chosen }: Config, google: GoogleIdentity | undefined): ModelBackend | undefined {
  if (chosen.kind === 'gemini-api') return { kind: 'gemini-api', apiKey: () => chosen.apiKey };
  if (chosen.kind !== 'vertex' || !google) return undefined;
  const { project, location } = chosen;
  return { kind: 'vertex', project, location, accessToken: () => google.accessToken(SCOPES.cloud) };
}

/** The model named in the answer; undefined if the answer names none. */
async function askedModel(
  backend: ModelBackend,
  named: string,
  { fetch, signal }: HopsOptions,
): Promise<string | undefined> {
  const call = { model: named, body: QUESTION, stream: false, headers: {}, signal };
  const timeouts = { firstByteMs: LIMIT_MS, silenceMs: LIMIT_MS };
  for await (const { modelVersion } of callModel({ backend, fetch, timeouts }, call)) return modelVersion;
  signal.throwIfAborted();
  return undefined;
}
