import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { readSecretValue } from '@lornu/ops/secrets/read-secret-value.ts';
import { SECRET_FORMS } from '@lornu/ops/secrets/secret-forms.ts';
import { setSecret } from '@lornu/ops/secrets/set-secret.ts';

const HELP = `
Names and what each must look like:
${Object.entries(SECRET_FORMS)
  .map(([name, { form }]) => `  ${name.padEnd(20)} ${form}`)
  .join('\n')}

Examples:
  ./lornu secrets set gemini-api-key < key.txt
  openssl rand -base64 32 | ./lornu secrets set session-key
  ./lornu secrets set gcp-service-account --file key.json --json

The value is never an argument: arguments stand in the process list and in the shell's history. It goes to AWS Secrets
Manager with the credentials and the region of the AWS SDK (AWS_PROFILE, AWS_REGION, ...); a running task reads it again
within a minute.
Exit codes: 0 stored, 1 the value has another form or AWS refused, 2 usage, 3 AWS can't be reached.
`;

const NEXT = `Running tasks read it within a minute. Where the last deployment failed without it, ECS starts no task by itself:
start the workflow again on main, or ./lornu deploy --force-new-deployment.
`;

export function define(command: Command, context: CliContext): void {
  command
    .command('set')
    .description('set a new value of a staging secret that Terraform created')
    .argument('<name>', 'the name without lornu/staging/')
    .option('--file <path>', 'read the value from this file instead of standard input')
    .option('--json', 'print the new version as JSON')
    .addHelpText('after', HELP)
    .action(async (name: string, { file, json }: { file?: string; json?: boolean }) => {
      const value = await readSecretValue({
        ...(file === undefined ? {} : { file }),
        stdin: Bun.stdin.stream(),
        isTerminal: process.stdin.isTTY,
        signal: context.signal,
      });
      const { versionId } = await setSecret({ name, value, client: new SecretsManager() });
      context.stdout(
        json
          ? `${JSON.stringify({ name, versionId })}\n`
          : `The secret ${name} has a new value (version ${versionId}).\n${NEXT}`,
      );
    });
}
