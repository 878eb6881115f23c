import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { initStack, readTerraform, runTerraform, type ResourceTime } from '../terraform/run-terraform.ts';
import { stageStack } from '../terraform/stage-stack.ts';
import type { Stack, StackName } from '../terraform/stacks.ts';
import { rehearsalVariables, type GivenByAccount } from '../terraform/variables.ts';
import type { Standing } from './standing.ts';
import { terraformAs } from './terraform-as.ts';
import { variableArguments } from './workspace.ts';

/** More parallel operations than Terraform's ten, because the emulator answers at once. */
const PARALLELISM = 20;

export interface AppliedStack {
  name: StackName;
  /** Resources of this run: all of them the first time, later the changed ones. */
  resources: ResourceTime[];
  outputs: Record<string, unknown>;
  /** AWS actions that the provider called for it, as IAM policies name them. */
  calledActions: string[];
  providerVersion: string;
  summary: string;
}

/** Copies a stack together with the rehearsal's overrides, initialises it and applies it. */
export async function applyStack(
  stack: Stack,
  given: GivenByAccount,
  standing: Standing,
  root: string,
  io: StepIo,
): Promise<AppliedStack> {
  const folder = standing.workspace.stackFolder(stack.name);
  await clearCopies(folder);
  await stageStack(join(root, stack.folder), folder, {
    emulatorUrl: standing.emulator.url,
    variables: rehearsalVariables(given)[stack.name],
  });
  await initStack(folder, standing.terraform, io);
  // Discard earlier calls.
  await standing.emulator.sideDoor.takeCalledActions();
  const { resources } = await runTerraform(
    [
      'apply',
      '-auto-approve',
      `-parallelism=${PARALLELISM}`,
      ...variableArguments(standing.record, stack.name),
    ],
    folder,
    await terraformAs(standing, stack.name, 'apply'),
    io,
    { what: `terraform apply of ${stack.title} failed.` },
  );
  const calledActions = await standing.emulator.sideDoor.takeCalledActions();
  const [outputs, version] = await Promise.all([
    readTerraform(['output', '-json'], folder, standing.terraform),
    readTerraform(['version', '-json'], folder, standing.terraform),
  ]);
  const { provider_selections: selections } = version as { provider_selections?: Record<string, string> };
  const slowest = resources.toSorted((a, b) => b.seconds - a.seconds)[0];
  return {
    name: stack.name,
    resources,
    calledActions,
    outputs: Object.fromEntries(
      Object.entries(outputs as Record<string, { value: unknown }>).map(([name, { value }]) => [name, value]),
    ),
    providerVersion: selections?.['registry.terraform.io/hashicorp/aws'] ?? 'unknown',
    summary: `${resources.length} resources${slowest && slowest.seconds >= 2 ? `, slowest ${slowest.address} (${slowest.seconds} s)` : ''}`,
  };
}

/** Deletes copies of files that are no longer in the stack, but keeps the state and the provider's link. */
async function clearCopies(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith('terraform.tfstate') && name !== '.terraform')
      await rm(join(folder, name), { recursive: true });
  }
}
