import { CliError } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { openGithub } from './client.ts';

/** The job of .github/workflows/test.yml, as GitHub names its check. */
export const TEST_CHECK = 'Test';

interface CheckRuns {
  check_runs?: { name: string; status: string; conclusion: string | null; app?: { slug?: string } | null }[];
}

/**
 * Refuses a commit whose tests have not passed on GitHub. Of several runs of the check, GitHub lists the newest one
 * (https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference, filter `latest`). Only a check of
 * GitHub Actions counts, as another app can name its check the same. Throws CliError with `what` as its first sentence.
 */
export async function requireTested(
  commit: string,
  what: string,
  env: DeliveryContext['env'],
): Promise<void> {
  const github = openGithub(env, what);
  const query = `check_name=${TEST_CHECK}&filter=latest&per_page=100`;
  const found = await github.call<CheckRuns>(
    'GET',
    `/repos/${github.repository}/commits/${commit}/check-runs?${query}`,
  );
  const checks = (found?.check_runs ?? []).filter(
    ({ name, app }) => name === TEST_CHECK && app?.slug === 'github-actions',
  );
  const short = commit.slice(0, 12);
  if (checks.length === 0) {
    throw new CliError({
      what,
      why: `The tests have not run on commit ${short}.`,
      next: 'Push the commit to main and wait for the workflow "Test", then start this one again.',
    });
  }
  const open = checks.find(({ status }) => status !== 'completed');
  if (open) {
    throw new CliError({
      what,
      why: `The tests of commit ${short} have not ended yet.`,
      next: 'Wait for the workflow "Test", then start this one again.',
    });
  }
  const red = checks.find(({ conclusion }) => conclusion !== 'success');
  if (red) {
    throw new CliError({
      what,
      why: `The tests of commit ${short} ended with ${red.conclusion ?? 'no result'}.`,
      next: 'Fix main, or run the workflow "Test" again if the commit was not the cause, then start this one again.',
    });
  }
}
