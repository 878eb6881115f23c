import { CliError, inOneLine } from '@lornu/ops/base/cli-error.ts';
import { signInFromGithub } from '../iam/sign-in.ts';
import type { TerraformContext } from '../terraform/run-terraform.ts';
import type { StackName } from '../terraform/stacks.ts';
import { GITHUB_REPOSITORY } from '../terraform/variables.ts';
import type { Standing } from './standing.ts';

const ACCOUNT = '123456789012';
/** The jobs of the workflow: the role that they take, for how long, and what their token's subject ends with. */
const JOBS = {
  plan: { role: 'LornuGithubPlanRole', subject: 'pull_request', seconds: 3600 },
  apply: { role: 'LornuGithubApplyRole', subject: 'environment:staging', seconds: 7200 },
} as const;

/**
 * Terraform as who runs it in a real account: the bootstrap stack an administrator, the staging stack the workflow's job
 * with the role that bootstrap made for it.
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
      `arn:aws:iam::${ACCOUNT}:role/${role}`,
      `repo:${GITHUB_REPOSITORY}:${subject}`,
      { durationSeconds: seconds },
    );
    return { ...terraform, credentials };
  } catch (error) {
    throw new CliError({
      what: `GitHub's job can't sign in as ${role}.`,
      why: inOneLine(error),
      next: 'Put right the trust of the role in terraform/aws/bootstrap/github.tf.',
    });
  }
}
