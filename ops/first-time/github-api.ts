import { askJson, type Answer } from '../base/ask-json.ts';
import { CliError } from '../base/cli-error.ts';

/** The part of a scene that a GitHub call needs. */
export interface GithubScene {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** owner/name. */
  given: { repository?: string };
}

export const tokenOf = ({ env }: GithubScene): string | undefined =>
  env['GH_TOKEN']?.trim() || env['GITHUB_TOKEN']?.trim() || undefined;

/**
 * One call of GitHub's REST API. `path` is relative to the repository, or absolute if it begins with a slash. Returns
 * every status except 401, which throws.
 */
export async function askGithub(
  scene: GithubScene,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const api = {
    name: 'GitHub',
    address: scene.env['GITHUB_API_URL'] ?? 'https://api.github.com',
    headers: {
      authorization: `Bearer ${tokenOf(scene) ?? ''}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    what: 'The repository cannot be read.',
    signal: scene.signal,
  };
  const whole = path.startsWith('/') ? path : `/repos/${scene.given.repository}${path && `/${path}`}`;
  const answer = await askJson(api, method, whole, body);
  if (answer.status !== 401) return answer;
  throw new CliError({
    what: api.what,
    why: 'GitHub does not accept the token: it has expired, or was revoked.',
    next: 'gh auth login, then GH_TOKEN="$(gh auth token)" ./lornu setup',
  });
}

/** The value of a repository variable; undefined if it is not set. Throws CliError if the token may not read it. */
export async function readVariable(scene: GithubScene, name: string): Promise<string | undefined> {
  if (!scene.given.repository || !tokenOf(scene)) return undefined;
  const answer = await askGithub(scene, 'GET', `actions/variables/${name}`);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refusedByGithub(answer, `read the variable ${name}`);
  return (answer.body as { value?: string } | undefined)?.value ?? '';
}

/** The error for GitHub's refusal; its message contains no secret. */
export function refusedByGithub({ status, body }: Answer, to: string): CliError {
  const message = (body as { message?: unknown } | undefined)?.message;
  const said = typeof message === 'string' ? ` (${message.slice(0, 200)})` : '';
  return new CliError({
    what: 'GitHub refused the request.',
    why: `GitHub answers ${status}${said} to an attempt to ${to}`,
    next: [401, 403, 404].includes(status)
      ? 'use the token of an administrator of the repository: gh auth login --scopes repo, then GH_TOKEN="$(gh auth token)" ./lornu setup'
      : 'run the same command again',
  });
}
