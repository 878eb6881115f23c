import { splitRuntime, type Engine } from '@lornu/ops/image/engine.ts';
import { tryCommand, type CommandOptions, type CommandResult } from '@lornu/ops/process/run-command.ts';
import { readFile } from 'node:fs/promises';
import type { MachineLimits } from './limit-flags.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** podman, adapted to this machine. */
export interface Podman {
  engine: Engine;
  /** podman's own environment; none of it reaches a container. */
  env: Record<string, string>;
  /** The whole command line of a subcommand. */
  command: (args: readonly string[]) => string[];
  /** Runs a subcommand; the caller judges the exit code. */
  call: (args: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
}

/** Variables that podman itself reads; a container's value of the same name must not affect it. */
export const OWN_NAMES: readonly string[] = ['PATH', 'HOME', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME'];

export function openPodman(engine: Engine, given: Env): Podman {
  const [runtime] = splitRuntime(engine.runFlags);
  const env = Object.fromEntries(
    OWN_NAMES.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  ) as Record<string, string>;
  const command = (args: readonly string[]): string[] => [engine.path, ...runtime, ...args];
  return {
    engine,
    env,
    command,
    call: async (args, options = {}) => tryCommand(command(args), { env, ...options }),
  };
}

/** The label on every container and image of a rehearsal that names the owning process. */
export const OWNER_LABEL = 'ai.lornu.rehearsal';

/** This process's pid and start time in the kernel's ticks, so that a later process with the same pid differs. */
export async function ownName(): Promise<string> {
  return `${process.pid}-${await startOf(process.pid)}`;
}

export async function isAlive(owner: string): Promise<boolean> {
  const [pid = '', start] = owner.split('-');
  return start !== undefined && (await startOf(Number(pid))) === start;
}

async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may contain spaces; the start is the 20th field after it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

const TRY_MS = 60_000;
const MEMORY = ['--memory=128m', '--memory-swap=128m'];

/**
 * Under cgroup v1 podman puts all its containers into one group, which gets no more CPU on a busy machine than a single
 * process. In a group of its own, each container gets as much as a process. Where systemd manages the groups this is
 * refused, and not needed.
 */
const OWN_GROUP = '--cgroup-parent=/';

/**
 * Finds out, by running a short program of the image, what this machine supports for a container: a first process, a
 * memory limit.
 */
export async function tryMachine(
  podman: Podman,
  image: string,
  program: readonly string[],
  signal: AbortSignal,
): Promise<MachineLimits> {
  const [, flags] = splitRuntime(podman.engine.runFlags);
  const works = async (more: readonly string[]): Promise<boolean> => {
    const args = ['run', '--rm', '--pull=never', '--network=host', ...flags, ...more, image, ...program];
    return (await podman.call(args, { timeoutMs: TRY_MS, signal })).exitCode === 0;
  };
  if (await works(['--init', ...MEMORY, OWN_GROUP]))
    return { flags: [...flags, OWN_GROUP], init: true, memory: true };
  if (await works(['--init', ...MEMORY])) return { flags, init: true, memory: true };
  const [init, memory] = [await works(['--init']), await works(MEMORY)];
  return { flags, init, memory };
}
