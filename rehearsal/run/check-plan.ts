import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { planDifferences, type Difference } from '@lornu/ops/terraform/plan-differences.ts';
import { readTerraform, runTerraform } from '../terraform/run-terraform.ts';
import { STACKS, type Stack, type StackName } from '../terraform/stacks.ts';
import type { Standing } from './standing.ts';
import { terraformAs } from './terraform-as.ts';
import { variableArguments } from './workspace.ts';

const DIFFERENT = 2;
const PLAN_FILE = 'check.tfplan';

export interface StackDifference extends Difference {
  stack: StackName;
}

/** Plans the stacks again; nothing may differ from what was applied. */
export async function checkPlan(
  standing: Standing,
  io: StepIo,
  stacks: readonly Stack[] = STACKS,
): Promise<StackDifference[]> {
  const found: StackDifference[] = [];
  for (const { name, title } of stacks) {
    const folder = standing.workspace.stackFolder(name);
    const terraform = await terraformAs(standing, name, 'plan');
    const { exitCode } = await runTerraform(
      ['plan', '-detailed-exitcode', `-out=${PLAN_FILE}`, ...variableArguments(standing.record, name)],
      folder,
      terraform,
      io,
      { what: `terraform plan of ${title} failed.`, accepted: [DIFFERENT] },
    );
    if (exitCode === DIFFERENT) {
      const plan = await readTerraform(['show', '-json', PLAN_FILE], folder, standing.terraform);
      found.push(...planDifferences(plan).map((difference) => ({ stack: name, ...difference })));
    }
    await rm(join(folder, PLAN_FILE), { force: true });
  }
  return found;
}

/** "aws_security_group.alb: update (ingress.0.from_port), changed by hand". */
export function describeDifference({ address, actions, attributes, drift }: StackDifference): string {
  const what = attributes.length > 0 ? ` (${attributes.join(', ')})` : '';
  return `${address}: ${actions.join(' and ')}${what}${drift ? ', changed outside of Terraform' : ''}`;
}
