import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import type { CliContext } from '../base/cli-context.ts';
import { startService } from '../servers/agent-servers.ts';
import { chooseModel } from '../up/model-choice.ts';

/** Variables of the model. The service gets no other variables of the environment, in particular none of a store. */
const MODEL_VARIABLES = [
  'GEMINI_API_KEY',
  'GEMINI_MODEL',
  'GOOGLE_GENAI_USE_VERTEXAI',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_CLOUD_LOCATION',
  'GCP_SERVICE_ACCOUNT_KEY',
];

/** The variables of the model that are set, for a process or container that calls it. */
export const modelVariables = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(MODEL_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));

export interface LocalService {
  url: string;
  pid: number;
  /** A description of the model that answers. */
  model: string;
  isStandIn: boolean;
  stop: () => Promise<void>;
}

/**
 * Starts the service from its sources on a free port, with temporary stores. The model is that of `lornu up`, or the
 * server at `modelUrl`.
 */
export async function startLocalService(
  context: CliContext,
  options: { agentsDir: string; modelUrl?: string; env?: Readonly<Record<string, string>> },
): Promise<LocalService> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-eval-'));
  const choice = chooseModel(context.env);
  const own =
    options.modelUrl === undefined && choice.kind === 'own-stand-in' ? await spawnGeminiStandin() : undefined;
  const modelUrl = options.modelUrl ?? own?.url ?? context.env['GOOGLE_GEMINI_BASE_URL'] ?? '';
  const stopAll = async (): Promise<void> => {
    await own?.stop();
    await rm(scratchDir, { recursive: true, force: true });
  };
  try {
    const service = await startService({
      root: context.root,
      modelUrl,
      agentsDir: options.agentsDir,
      scratchDir,
      env: {
        ...(modelUrl === '' ? { GEMINI_API_KEY: '' } : {}),
        ...modelVariables(context.env),
        ...options.env,
      },
    });
    return {
      url: service.url,
      pid: service.pid,
      model: choice.label,
      isStandIn: modelUrl !== '',
      stop: async () => {
        await service.stop();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
