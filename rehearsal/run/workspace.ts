import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EmulatorAddress } from '../emulator/start-emulator.ts';
import type { Provider } from '../terraform/choose-provider.ts';
import type { StackName } from '../terraform/stacks.ts';

/** What one command stores for the next. */
export interface WorkspaceRecord {
  emulator: EmulatorAddress;
  terraform: string;
  provider: Provider;
  /** The given --var and --var-file, for every later run on the staging stack. */
  variableArguments: string[];
}

/** The folder of an applied rehearsal: copies of the stacks with their state, the record, logs, the picture. */
export interface Workspace {
  folder: string;
  stackFolder: (stack: StackName) => string;
  logPath: string;
  picturePath: string;
  read: () => Promise<WorkspaceRecord | undefined>;
  write: (record: WorkspaceRecord) => Promise<void>;
  remove: () => Promise<void>;
}

/** The workspace in this folder; creates nothing yet. */
export function createWorkspace(folder: string): Workspace {
  const recordPath = join(folder, 'rehearsal.json');
  return {
    folder,
    stackFolder: (stack) => join(folder, stack),
    logPath: join(folder, 'emulator.log'),
    picturePath: join(folder, 'network.svg'),
    read: async () => {
      const text = await readFile(recordPath, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as WorkspaceRecord);
    },
    write: async (record) => {
      await mkdir(folder, { recursive: true });
      await writeFile(recordPath, JSON.stringify(record, null, 2));
    },
    remove: async () => rm(folder, { recursive: true, force: true }),
  };
}

/** --var and --var-file in Terraform's form; files are relative to the current folder. */
export function toVariableArguments(given: { var: readonly string[]; varFile: readonly string[] }): string[] {
  return [
    ...given.varFile.map((path) => `-var-file=${resolve(path)}`),
    ...given.var.map((assignment) => `-var=${assignment}`),
  ];
}

/** Only for the staging stack; bootstrap has none of these variables. */
export function variableArguments(
  record: Pick<WorkspaceRecord, 'variableArguments'>,
  stack: StackName,
): string[] {
  return stack === 'staging' ? record.variableArguments : [];
}
