import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { tryCommand } from '../process/run-command.ts';
import {
  createAws,
  createDns,
  DEFAULT_REGION,
  stagingRegion,
  stagingVariables,
  type Given,
  type Scene,
} from './scene.ts';

const REPOSITORY = /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/;
const TOKEN_MS = 30_000;

/** The real clients for the given options. Throws CliError (usage) for invalid variables or no usable repository. */
export async function openScene(
  { root, env, signal }: Pick<CliContext, 'root' | 'env' | 'signal'>,
  given: Given,
): Promise<Scene> {
  const repository = given.repository ?? env['GITHUB_REPOSITORY'] ?? (await remote(root, env));
  if (repository !== undefined && !REPOSITORY.test(repository))
    throw new CliError({
      what: `The repository ${repository} is not valid.`,
      why: 'It takes owner/name.',
      next: 'Name it: ./lornu setup --repository owner/name',
      exitCode: EXIT.usage,
    });
  const whole: Given = { ...given, ...(repository === undefined ? {} : { repository }) };
  let google: Promise<string | undefined> | undefined;
  const scene: Scene = {
    root,
    env,
    signal,
    given: whole,
    aws: createAws({ region: DEFAULT_REGION }),
    dns: createDns(),
    fetch,
    googleToken: async () => (google ??= readGoogleToken(env, signal)),
  };
  // Invalid options are refused before any request.
  if (given.variables !== undefined) await stagingVariables(scene);
  return { ...scene, aws: createAws({ region: await stagingRegion(scene) }) };
}

/** owner/name of the remote origin, if it is on GitHub. */
async function remote(root: string, env: CliContext['env']): Promise<string | undefined> {
  const asked = await tryCommand(['git', '-C', root, 'remote', 'get-url', 'origin'], { env }).catch(
    () => undefined,
  );
  return /github\.com[:/]([A-Za-z0-9-]+\/[A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(
    asked?.stdout.trim() ?? '',
  )?.[1];
}

/** The access token where Terraform's provider and gcloud keep it. */
async function readGoogleToken(env: CliContext['env'], signal: AbortSignal): Promise<string | undefined> {
  const given = env['GOOGLE_OAUTH_ACCESS_TOKEN']?.trim();
  if (given) return given;
  const asked = await tryCommand(['gcloud', 'auth', 'print-access-token', '--quiet'], {
    env,
    signal,
    timeoutMs: TOKEN_MS,
  }).catch(() => undefined);
  return asked?.exitCode === 0 ? asked.stdout.trim() || undefined : undefined;
}
