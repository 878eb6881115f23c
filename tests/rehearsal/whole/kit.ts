import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import type { RehearsalContext } from '@lornu/rehearsal/run/standing.ts';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dir, '../../..');

/** A folder that the tests own, and a rehearsal in it that shares this checkout's cache. */
export async function temporaryRehearsal(): Promise<{
  dataDir: string;
  context: RehearsalContext;
  remove: () => Promise<void>;
}> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lornu-rehearsal-'));
  const context: RehearsalContext = {
    root,
    cacheDir: join(root, '.cache'),
    env: process.env,
    signal: new AbortController().signal,
    folder: join(dataDir, 'rehearsal'),
    emit: () => {},
  };
  return { dataDir, context, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

/** Gets what has been said so far. */
type Watcher = (text: string, child: { pid: number; kill: (signal: NodeJS.Signals) => void }) => void;

export interface CliRun {
  /** As a shell counts it: 128 and its number if a signal ended the command. */
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the command line itself; `until` gets the growing stderr, `said` the growing stdout, and both may send signals. `within` is a command that runs it. */
export async function runCli(
  argv: readonly string[],
  until: Watcher = () => {},
  said: Watcher = () => {},
  within: readonly string[] = [],
): Promise<CliRun> {
  const command = [...within, process.execPath, join(root, 'cli/main.ts'), ...argv];
  const child = Bun.spawn(endingWithParent(command), {
    env: { ...process.env, NO_COLOR: '1' },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const read = async (stream: ReadableStream<Uint8Array>, watcher: Watcher): Promise<string> => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      watcher(text, child);
    }
    return text;
  };
  const [stdout, stderr, exitCode] = await Promise.all([
    read(child.stdout, said),
    read(child.stderr, until),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** Processes of this machine that name the text in their command line or work in a folder that does (Linux). */
export async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (command.includes(text) || folder.includes(text)) found.push(`${pid} ${command}`);
  }
  return found;
}

/** The running child processes of a process (Linux). */
export async function childrenOf(parent: number): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const pid of await readdir('/proc')) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    if (!new RegExp(`^PPid:\\s${parent}$`, 'm').test(status) || /^State:\sZ/m.test(status)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    found.push({ pid: Number(pid), command: command.replaceAll('\0', ' ') });
  }
  return found;
}
