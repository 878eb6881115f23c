import { CliError, EXIT } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';

const ANSWER_MS = 30_000;

/** GitHub's REST API for one repository, with the job's own token. */
export interface GithubClient {
  repository: string;
  /**
   * The response's JSON. Throws CliError for any status but 2xx; returns undefined for 404 if `allowMissing` is set.
   */
  call: <T>(
    method: string,
    path: string,
    body?: unknown,
    options?: { allowMissing?: boolean },
  ) => Promise<T | undefined>;
}

/** The client of this job, from the variables that the workflow sets. */
export function openGithub(env: DeliveryContext['env'], what: string): GithubClient {
  const [api, repository, token] = [
    env['GITHUB_API_URL'] ?? 'https://api.github.com',
    env['GITHUB_REPOSITORY'],
    env['GITHUB_TOKEN'],
  ];
  if (!repository || !token) {
    throw new CliError({
      what,
      why: `${repository ? 'GITHUB_TOKEN' : 'GITHUB_REPOSITORY'} is not set.`,
      next: 'Run it in the workflow, or set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN ("gh auth token" prints one).',
      exitCode: EXIT.usage,
    });
  }
  return {
    repository,
    call: async (method, path, body, { allowMissing = false } = {}) => {
      const response = await fetch(`${api}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
        },
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((cause: unknown) => {
        throw new CliError({
          what,
          why: `GitHub cannot be reached (${cause instanceof Error ? cause.message : String(cause)}).`,
          next: 'Run the job again.',
          exitCode: EXIT.machine,
          cause,
        });
      });
      if (response.status === 404 && allowMissing) return undefined;
      if (!response.ok) throw refused(what, method, path, response.status);
      return response.status === 204 ? undefined : ((await response.json()) as never);
    },
  };
}

function refused(what: string, method: string, path: string, status: number): CliError {
  const call = `${method} ${path}`;
  if ([401, 403, 404].includes(status)) {
    return new CliError({
      what,
      why: `GitHub answers ${status} to ${call}: the token has expired, or the job lacks that permission.`,
      next: "Compare the job's permissions with .github/workflows/terraform-aws.yml on main, then run it again.",
    });
  }
  return new CliError({ what, why: `GitHub answers ${status} to ${call}.`, next: 'Run the job again.' });
}
