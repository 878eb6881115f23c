import { CliError, EXIT } from '../base/cli-error.ts';

export interface GroupOptions {
  cwd?: string | undefined;
  env?: Readonly<Record<string, string | undefined>> | undefined;
  stdin: 'ignore' | 'pipe' | Blob;
  /** Sent by `endGroups`: SIGKILL, or another signal for a program that must not be killed while it writes. */
  lastSignal?: NodeJS.Signals | undefined;
  /** Its name, and what to do, if it can't be started. */
  name: string;
  next: string;
}

/** A program in its own process group: Ctrl-C reaches only this process, and a signal to the group its children, too. */
export type ProcessGroup = Bun.Subprocess<'ignore' | 'pipe' | Blob, 'pipe', 'pipe'>;

/** The groups of this process that have not ended, with their last signals. */
const running = new Map<ProcessGroup, NodeJS.Signals>();

/**
 * Starts a program in its own process group. The group is killed when this process exits, unless `groupHasEnded` was
 * called before. Throws CliError if it can't be started.
 */
export function startGroup(command: readonly string[], options: GroupOptions): ProcessGroup {
  const { cwd, env, stdin, lastSignal = 'SIGKILL', name, next } = options;
  try {
    const group = Bun.spawn([...command], {
      ...(cwd ? { cwd } : {}),
      ...(env ? { env: { ...env } } : {}),
      stdin,
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    });
    running.set(group, lastSignal);
    return group;
  } catch (cause) {
    throw new CliError({
      what: `${name} can't be started.`,
      why: cause instanceof Error ? cause.message : String(cause),
      next,
      exitCode: EXIT.machine,
      cause,
    });
  }
}

/** To be called once the program has exited and its output is read. */
export function groupHasEnded(group: ProcessGroup): void {
  running.delete(group);
}

/** Signals a process group; ignores one that has ended. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/** Sends all running groups their last signals and waits for their programs to exit, at most this long. */
export async function endGroups(withinMs: number): Promise<void> {
  const exits = [...running].map(([{ pid, exited }, signal]) => {
    signalGroup(pid, signal);
    return exited;
  });
  await Promise.race([Promise.all(exits), Bun.sleep(withinMs)]);
}

process.on('exit', () => {
  for (const { pid } of running.keys()) signalGroup(pid, 'SIGKILL');
});
