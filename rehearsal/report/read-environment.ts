import type { ApplyResult } from '../run/apply.ts';
import { readTerraform } from '../terraform/run-terraform.ts';
import { STACKS } from '../terraform/stacks.ts';
import { toEnvironment, type PicturedEnvironment } from '../picture/environment.ts';

/** The environment in Terraform's states, which the second plan has just compared with the account. */
export async function readEnvironment({ standing }: ApplyResult): Promise<PicturedEnvironment> {
  const states = await Promise.all(
    STACKS.map(async ({ name }) =>
      readTerraform(['state', 'pull'], standing.workspace.stackFolder(name), standing.terraform),
    ),
  );
  return toEnvironment(states);
}
