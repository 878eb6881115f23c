import type { ContainerLimits } from '../tasks/container-limits.ts';

/** The limits that this machine supports for a container, found by trying. */
export interface MachineLimits {
  /** Flags that are always needed here. */
  flags: readonly string[];
  /** A program that can be a container's first process is available. */
  init: boolean;
  /** The kernel enforces the memory limit. */
  memory: boolean;
}

/**
 * The limits of a task definition as podman's flags; unsupported ones are left out, and the image's `title` says so.
 */
export function limitFlags(limits: ContainerLimits, memoryMb: number, machine: MachineLimits): string[] {
  const most = mostFiles(machine);
  const { capabilities, ulimits } = limits;
  return [
    ...(limits.user ? [`--user=${limits.user}`] : []),
    ...(limits.workingDirectory ? [`--workdir=${limits.workingDirectory}`] : []),
    // podman would mount writable folders into a read-only root.
    ...(limits.readonlyRoot ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...(limits.init && machine.init ? ['--init'] : []),
    ...capabilities.drop.map((name) => `--cap-drop=${name}`),
    ...capabilities.add.map((name) => `--cap-add=${name}`),
    ...limits.tmpfs.map(
      ({ path, sizeMb, options }) => `--tmpfs=${path}:${[...options, `size=${sizeMb}m`].join(',')}`,
    ),
    ...machine.flags,
    // After the machine's own options, because podman uses the last one.
    ...ulimits.map(({ name, soft, hard }) => {
      const atMost = (value: number): number => (name === 'nofile' ? Math.min(value, most) : value);
      return `--ulimit=${name}=${atMost(soft)}:${atMost(hard)}`;
    }),
    // Swap counts too: without this a container may take twice as much.
    ...(machine.memory ? [`--memory=${memoryMb}m`, `--memory-swap=${memoryMb}m`] : []),
  ];
}

/** Open files that a container may have here; no bound on a machine where limits can be raised. */
export function mostFiles({ flags }: Pick<MachineLimits, 'flags'>): number {
  const found = flags.map((flag) => /^nofile=\d+:(\d+)$/.exec(flag)?.[1]).find(Boolean);
  return found ? Number(found) : Infinity;
}
