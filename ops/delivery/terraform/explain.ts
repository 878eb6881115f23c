import { CliError, EXIT, type CliErrorParts } from '../../base/cli-error.ts';
import type { Diagnostic } from '../../terraform/terraform-events.ts';

type Told = Pick<CliErrorParts, 'why' | 'next' | 'exitCode'>;

const LOCKED: Told = {
  why: 'The state is locked: another run is planning or applying, or one ended without releasing the lock.',
  next: 'Wait for that run. If there is none: terraform -chdir=terraform/aws/staging force-unlock lornu-ai/lornu-aws-staging',
};

/** The error for a locked state, found at HCP Terraform before Terraform ran. */
export function stateIsLocked(what: string): CliError {
  return new CliError({ what, ...LOCKED });
}

/** Patterns of Terraform's messages with their explanations. The first match is used. */
const MEANINGS: readonly [pattern: RegExp, told: Told][] = [
  [/workspace already locked|is locked by|Error acquiring the state lock[\s\S]*already locked/i, LOCKED],
  [
    /Error acquiring the state lock[\s\S]*resource not found/i,
    {
      why: 'The Terraform Cloud token may read the state but not lock it.',
      next: 'Use the token with write access to the workspace lornu-aws-staging; in the workflow it is the secret TF_API_TOKEN of the environment staging.',
    },
  ],
  [
    /Saved plan is stale/i,
    {
      why: 'The state has changed since the plan was made, so an apply would not do what was approved.',
      next: 'Plan again (start the workflow again).',
    },
  ],
  [
    /\bunauthorized\b|Required token could not be found|\b401\b.*token/i,
    {
      why: 'Terraform Cloud does not accept the token: it has expired, was revoked, or is not set.',
      next: 'Make a new team token at app.terraform.io and store it as the secret TF_API_TOKEN or TF_API_TOKEN_READ (on a laptop: terraform login).',
    },
  ],
  [
    /organization .* not found|workspace .* not found|Failed to retrieve workspace|error creating workspace/i,
    {
      why: 'This token cannot see the organization lornu-ai or the workspace lornu-aws-staging.',
      next: 'Check the workspace and the permissions of the token at app.terraform.io.',
    },
  ],
  [
    /ExpiredToken|security token included in the request is (?:expired|invalid)|InvalidClientTokenId|No valid credential sources|failed to refresh cached credentials/i,
    {
      why: 'AWS does not accept the credentials: they have expired, or none are set.',
      next: 'In the workflow: run the job again. On a laptop: aws sso login, and check AWS_PROFILE.',
    },
  ],
  [
    /AccessDenied|UnauthorizedOperation|is not authorized to perform|AuthorizationError/i,
    {
      why: 'The AWS role lacks a permission that the plan needs.',
      next: 'Add the action to terraform/aws/bootstrap (read.tf or apply.tf); an administrator applies that.',
    },
  ],
  [
    /doesn't match any of the checksums|locked provider .* does not match/i,
    {
      why: "A provider's hash differs from the one in .terraform.lock.hcl.",
      next: 'See docs/decisions/0020-provider-hashes-in-the-lock-file.md.',
      exitCode: EXIT.machine,
    },
  ],
  [
    /Could not retrieve the list of available versions|registry service is unreachable|failed to request discovery document|network issue prevented cloud configuration|no such host|connection refused/i,
    {
      why: 'Terraform Cloud, the Terraform registry or AWS cannot be reached from here.',
      next: 'Check the network and their status pages, then run the same command again.',
      exitCode: EXIT.machine,
    },
  ],
  [
    /Invalid value for (?:input )?variable|No value for required variable|undeclared variable/i,
    {
      why: 'A variable has no value, or an invalid one.',
      next: 'Set it in the repository variable LORNU_TERRAFORM_VARIABLES (JSON), or with --var-file; terraform/README.md lists them.',
      exitCode: EXIT.usage,
    },
  ],
];

/** Explains why a Terraform run failed; Terraform's own message is kept beside the explanation. */
export function explainTerraform(
  what: string,
  diagnostics: readonly Diagnostic[],
  output: readonly string[],
): CliError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const words = errors.map(({ summary, detail }) => `${summary}: ${detail ?? ''}`);
  const text = [...words, ...output].join('\n');
  const told = MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
  const first = words[0]?.replace(/\s+/g, ' ').trim();
  return new CliError({
    what,
    ...(told ?? {
      why: first ?? 'Terraform ended without saying why.',
      next: 'Fix that, then plan again.',
    }),
    output: words.length > 0 ? words.flatMap((word) => word.trim().split('\n')).slice(0, 20) : output,
  });
}
