import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from '../../cli/cli-error.ts';
import type { EmulatorAddress } from '../emulator/start-emulator.ts';
import type { Provider } from '../terraform/choose-provider.ts';
import type { StackName } from '../terraform/stacks.ts';

/** What one command leaves for the next. */
export interface WorkspaceRecord {
  emulator: EmulatorAddress;
  terraform: string;
  provider: Provider;
  /** --var and --var-file as given, for every later run on the staging stack. */
  variableArguments: string[];
}

/** The folder of a rehearsal that stands: copies of the stacks with their state, the record, logs, the picture. */
export interface Workspace {
  folder: string;
  stackFolder: (stack: StackName) => string;
  logPath: string;
  picturePath: string;
  read: () => Promise<WorkspaceRecord | undefined>;
  write: (record: WorkspaceRecord) => Promise<void>;
  remove: () => Promise<void>;
}

/** The workspace in this folder; nothing is made yet. */
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

/** Runs `work` while no other command works on this workspace; a lock whose holder is gone does not count. */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = `${folder}.lock`;
  await mkdir(dirname(folder), { recursive: true });
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  for (const attempt of [1, 2]) {
    const handle = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return undefined;
    });
    if (handle) {
      await handle.writeFile(String(process.pid));
      return handle.close();
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (attempt === 1 && !isAlive(holder)) await rm(path, { force: true });
    else {
      throw new CliError({
        what: 'Another rehearsal is at work in this checkout.',
        why: `Process ${holder} holds ${path}.`,
        next: 'Wait for it or end it, then run the same command again.',
        exitCode: EXIT.machine,
      });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
