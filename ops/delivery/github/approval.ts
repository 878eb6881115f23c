import { CliError } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { openGithub } from './client.ts';

/** The environment whose reviewers approve an apply; the apply role's trust policy also names it. */
export const ENVIRONMENT = 'staging';

interface Environment {
  protection_rules?: { type: string; reviewers?: unknown[] }[];
}
interface Approval {
  state: string;
  user?: { login?: string } | null;
  environments?: { name: string }[];
}

/**
 * Returns who approved this run, according to GitHub. GitHub silently creates a missing environment without reviewers,
 * so its rules are checked too: an approval that nobody could have refused does not count.
 */
export async function requireApproval(env: DeliveryContext['env']): Promise<string> {
  const what = 'Nothing was applied: it is not approved.';
  const github = openGithub(env, what);
  const repository = `/repos/${github.repository}`;
  const environment = await github.call<Environment>(
    'GET',
    `${repository}/environments/${ENVIRONMENT}`,
    undefined,
    {
      allowMissing: true,
    },
  );
  const next = `In the repository's settings create the environment ${ENVIRONMENT} with required reviewers, then start the workflow again.`;
  if (!environment) {
    throw new CliError({ what, why: `There is no environment ${ENVIRONMENT}.`, next });
  }
  const reviewers = environment.protection_rules?.find(({ type }) => type === 'required_reviewers');
  if (!reviewers?.reviewers?.length) {
    const { private: isPrivate } = (await github.call<{ private?: boolean }>('GET', repository)) ?? {};
    throw new CliError({
      what,
      why: `The environment ${ENVIRONMENT} has no required reviewers.`,
      next: isPrivate
        ? 'In a private repository, required reviewers need GitHub Enterprise. Make it public, use Enterprise, or deploy by hand (docs/operations.md, "Deploy").'
        : next,
    });
  }
  const approvals =
    (await github.call<Approval[]>('GET', `${repository}/actions/runs/${env['GITHUB_RUN_ID']}/approvals`)) ??
    [];
  const approval = approvals.find(
    ({ state, environments = [] }) =>
      state === 'approved' && environments.some(({ name }) => name === ENVIRONMENT),
  );
  if (!approval) {
    throw new CliError({
      what,
      why: 'Nobody has approved this run.',
      next: 'Ask a reviewer of the environment to approve it.',
    });
  }
  return approval.user?.login ?? 'somebody without a name';
}
