import { CliError } from '@lornu/ops/base/cli-error.ts';
import { createAwsClients, type AwsClients } from '../emulator/aws-clients.ts';
import { findEmulator, type Emulator } from '../emulator/start-emulator.ts';
import type { TerraformContext } from '../terraform/run-terraform.ts';
import { createWorkspace, type Workspace, type WorkspaceRecord } from './workspace.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';

/** An applied rehearsal: what apply created and later commands use. */
export interface Standing {
  workspace: Workspace;
  record: WorkspaceRecord;
  emulator: Emulator;
  clients: AwsClients;
  terraform: TerraformContext;
}

/** Assembles what every command needs. */
export function toStanding(
  workspace: Workspace,
  record: WorkspaceRecord,
  emulator: Emulator,
  context: RehearsalContext,
): Standing {
  return {
    workspace,
    record,
    emulator,
    clients: createAwsClients(emulator.url),
    terraform: {
      terraform: record.terraform,
      cliConfigPath: record.provider.cliConfigPath,
      emulatorUrl: emulator.url,
      env: context.env,
      signal: context.signal,
    },
  };
}

/** The rehearsal in the folder; undefined if there is none or its emulator has gone. */
export async function findStanding(context: RehearsalContext): Promise<Standing | undefined> {
  const workspace = createWorkspace(context.folder);
  const record = await workspace.read();
  const emulator = record && (await findEmulator(record.emulator));
  return record && emulator ? toStanding(workspace, record, emulator, context) : undefined;
}

/** Like findStanding, but throws an error with the next step if there is none. */
export async function requireStanding(context: RehearsalContext): Promise<Standing> {
  const standing = await findStanding(context);
  if (standing) return standing;
  throw new CliError({
    what: 'No rehearsal is running here.',
    why: `No emulator is running for ${context.folder}, and it keeps its account in memory only.`,
    next: './lornu rehearse apply',
  });
}

/** What the rehearsal commands need; tests use their own folder. */
export interface RehearsalContext extends Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'> {
  /** Folder for the rehearsal's files while it exists. */
  folder: string;
  emit: Emit;
}
