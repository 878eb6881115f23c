import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { runTerraform, type TerraformContext } from './run-terraform.ts';
import { VARIABLES_FILE } from './stage-stack.ts';
import { rehearsalVariables } from './variables.ts';

/** Forms of what the account will give; the values are not known before it is there. */
const GIVEN = { route53ZoneId: 'Z0000000000', peerAuthority: '-----BEGIN CERTIFICATE-----' };

/**
 * Checks --var and --var-file against the validations of the staging stack, before anything is started. The files with
 * the variables are planned alone, which needs neither a provider nor an account. Throws CliError with the rule.
 */
export async function checkVariables(
  root: string,
  variableArguments: readonly string[],
  context: Pick<TerraformContext, 'terraform' | 'env' | 'signal'>,
  io: StepIo,
): Promise<void> {
  const stack = join(root, 'terraform/aws/staging');
  const folder = await mkdtemp(join(tmpdir(), 'lornu-variables-'));
  try {
    for (const name of await readdir(stack))
      if (/^variables.*\.tf$/.test(name)) await cp(join(stack, name), join(folder, name));
    await writeFile(join(folder, VARIABLES_FILE), JSON.stringify(rehearsalVariables(GIVEN).staging));
    const what = 'A value for terraform/aws/staging was refused.';
    await runTerraform(['plan', ...variableArguments], folder, { ...context, emulatorUrl: '' }, io, { what });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
