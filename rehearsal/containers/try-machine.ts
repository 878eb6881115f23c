import { splitRuntime } from '@lornu/ops/image/engine.ts';
import type { MachineLimits } from './limit-flags.ts';
import type { Podman } from './podman.ts';

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
