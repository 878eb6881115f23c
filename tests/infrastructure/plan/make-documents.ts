import { ensureEmulatorPython } from '@lornu/rehearsal/emulator/ensure-python.ts';
import { startEmulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
import { applyStack, type AppliedStack } from '@lornu/rehearsal/run/apply-stack.ts';
import { giveAccount } from '@lornu/rehearsal/run/given-account.ts';
import { toStanding, type Standing, type RehearsalContext } from '@lornu/rehearsal/run/standing.ts';
import { createWorkspace } from '@lornu/rehearsal/run/workspace.ts';
import { chooseProvider } from '@lornu/rehearsal/terraform/choose-provider.ts';
import { findTerraform } from '@lornu/ops/terraform/find-terraform.ts';
import { readTerraform, runTerraform } from '@lornu/rehearsal/terraform/run-terraform.ts';
import { STACKS, type StackName } from '@lornu/rehearsal/terraform/stacks.ts';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Documents, PlanDocument, PlannedResource, TypeSchema } from './document.ts';

const PLAN_FILE = 'infrastructure.tfplan';
const quiet = { line: () => {}, detail: () => {} };

export interface AppliedStacks {
  standing: Standing;
  stacks: readonly AppliedStack[];
}

/** Applies both stacks to a new emulator; the caller stops it. Most of the time is the provider's CPU. */
export async function applyBoth(
  context: RehearsalContext,
  variableArguments: readonly string[] = [],
): Promise<AppliedStacks> {
  const workspace = createWorkspace(context.folder);
  await mkdir(workspace.folder, { recursive: true });
  const python = await ensureEmulatorPython(context, context.emit);
  const provider = await chooseProvider('auto', context, quiet);
  const terraform = (await findTerraform(context, quiet)).path;
  const emulator = await startEmulator({
    python,
    env: context.env,
    logPath: workspace.logPath,
    port: 0,
    signal: context.signal,
  });
  try {
    const { port, pid, instance } = emulator;
    const record = {
      emulator: { port, pid, instance },
      terraform,
      provider,
      variableArguments: [...variableArguments],
    };
    const standing = toStanding(workspace, record, emulator, context);
    const given = await giveAccount(standing.clients.route53, python, workspace.folder, {
      signal: context.signal,
    });
    const stacks: AppliedStack[] = [];
    for (const stack of STACKS) {
      // In this order: staging's roles need bootstrap's boundary.
      stacks.push(await applyStack(stack, given, standing, context.root, quiet));
    }
    return { standing, stacks };
  } catch (error) {
    await emulator.stop();
    throw error;
  }
}

/** Plans the applied environment again and returns the plan as data: every value is known, and nothing is refreshed. */
export async function readDocuments({ standing, stacks }: AppliedStacks): Promise<Documents> {
  const [bootstrap, staging] = await Promise.all([
    readPlan(standing, 'bootstrap'),
    readPlan(standing, 'staging'),
  ]);
  return {
    provider: standing.record.provider.title,
    bootstrap,
    staging,
    calledToApply: stacks.find(({ name }) => name === 'staging')?.calledActions ?? [],
    schemas: await readSchemas(standing, [bootstrap, staging]),
  };
}

/** The plan of one stack in its staged folder, with the current files. */
export async function readPlan(standing: Standing, stack: StackName): Promise<PlanDocument> {
  const folder = standing.workspace.stackFolder(stack);
  const given = stack === 'staging' ? standing.record.variableArguments : [];
  await runTerraform(
    ['plan', '-refresh=false', `-out=${PLAN_FILE}`, ...given],
    folder,
    standing.terraform,
    quiet,
    { what: `terraform plan of ${stack} failed.` },
  );
  const plan = (await readTerraform(
    ['show', '-json', PLAN_FILE],
    folder,
    standing.terraform,
  )) as PlanDocument;
  await rm(join(folder, PLAN_FILE), { force: true });
  return reduced(plan);
}

/** A plan repeats most values; keeps only what is read here. */
function reduced(plan: PlanDocument): PlanDocument {
  const few = ({ address, mode, type, name, index, values }: PlannedResource): PlannedResource => ({
    address,
    mode,
    type,
    name,
    ...(index === undefined ? {} : { index }),
    values,
  });
  const { outputs = {}, root_module: planned } = plan.planned_values;
  return {
    variables: plan.variables ?? {},
    planned_values: { outputs, root_module: { resources: (planned.resources ?? []).map(few) } },
    prior_state: {
      values: {
        root_module: { resources: (plan.prior_state?.values?.root_module.resources ?? []).map(few) },
      },
    },
    configuration: {
      root_module: {
        resources: plan.configuration.root_module.resources ?? [],
        variables: plan.configuration.root_module.variables ?? {},
      },
    },
  };
}

async function readSchemas(
  standing: Standing,
  plans: readonly PlanDocument[],
): Promise<Record<string, TypeSchema>> {
  const { provider_schemas: providers } = (await readTerraform(
    ['providers', 'schema', '-json'],
    standing.workspace.stackFolder('staging'),
    standing.terraform,
  )) as {
    provider_schemas: Record<string, { resource_schemas: Record<string, { block: TypeSchema }> }>;
  };
  const all = providers['registry.terraform.io/hashicorp/aws']?.resource_schemas ?? {};
  const types = new Set(
    plans.flatMap((plan) => (plan.planned_values.root_module.resources ?? []).map(({ type }) => type)),
  );
  return Object.fromEntries(
    [...types].toSorted().map((type) => [type, withoutWords(all[type]?.block ?? {})]),
  );
}

/** Drops descriptions and types, which would be a hundred times larger than the rest. */
function withoutWords({ attributes = {}, block_types: blocks = {} }: TypeSchema): TypeSchema {
  return {
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { required = false }]) => [name, { required }]),
    ),
    block_types: Object.fromEntries(
      Object.entries(blocks).map(([name, { block }]) => [name, { block: withoutWords(block) }]),
    ),
  };
}
