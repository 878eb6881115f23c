import { join } from 'node:path';
import type { Podman } from './podman.ts';

/**
 * Whether the kernel killed a container's program because of its memory. Asks podman; its monitor also writes a file in
 * the folder where podman was started, which podman 4 does not find under cgroup v1.
 */
export async function wasOutOfMemory(podman: Podman, name: string, startedIn: string): Promise<boolean> {
  if (await Bun.file(join(startedIn, 'oom')).exists()) return true;
  const { stdout } = await podman.call(['inspect', '--format', '{{.State.OOMKilled}}', name]);
  return stdout.trim() === 'true';
}
