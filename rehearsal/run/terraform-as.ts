import { CliError, inOneLine } from '@lornu/ops/base/cli-error.ts';
import { ACCOUNT_ID } from '../emulator/credentials.ts';
import { signInFromGithub } from '../iam/sign-in.ts';
import type { TerraformContext } from '../terraform/run-terraform.ts';
import type { StackName } from '../terraform/stacks.ts';
import { GITHUB_REPOSITORY } from '../terraform/variables.ts';
import type { Standing } from './standing.ts';

/** The workflow's jobs: their role, its session duration, and the end of their token's subject. */
const JOBS = {
  plan: { role: 'LornuGithubPlanRole', subject: 'pull_request', seconds: 3600 },
  apply: { role: 'LornuGithubApplyRole', subject: 'environment:staging', seconds: 7200 },
} as const;

/**
 * Terraform with the identity it has in a real account: the bootstrap stack as an administrator, the staging stack as
 * the workflow's job with the role that bootstrap created for it.
 */
export async function terraformAs(
  { terraform, emulator }: Pick<Standing, 'terraform' | 'emulator'>,
  stack: StackName,
  job: keyof typeof JOBS,
): Promise<TerraformContext> {
  if (stack === 'bootstrap') return terraform;
  const { role, subject, seconds } = JOBS[job];
  try {
    const credentials = await signInFromGithub(
      emulator.url,
      `arn:aws:iam::${ACCOUNT_ID}:role/${role}`,
      `repo:${GITHUB_REPOSITORY}:${subject}`,
      { durationSeconds: seconds },
    );
    return { ...terraform, credentials };
  } catch (error) {
    throw new CliError({
      what: `GitHub's job can't sign in as ${role}.`,
      why: inOneLine(error),
      next: 'Correct the trust policy of the role in terraform/aws/bootstrap/github.tf.',
    });
  }
}
