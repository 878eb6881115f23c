import { splitRuntime, type Engine } from '@lornu/ops/image/engine.ts';
import { tryCommand, type CommandOptions, type CommandResult } from '@lornu/ops/process/run-command.ts';

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
