import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The task's memory (terraform/aws/staging, ecs.tf): the kernel kills processes that take more. */
const TASK_BYTES = 1024 * 1024 * 1024;

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** Processes that share the memory of one task. */
export interface MemoryGroup {
  add: (pid: number) => Promise<void>;
  remove: () => Promise<void>;
}

/**
 * A cgroup of the task's size, of either version; undefined if none can be made (no Linux, no root), which a test then
 * reports.
 */
export async function createMemoryGroup(): Promise<MemoryGroup | undefined> {
  const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'));
  const folder = join(isV1 ? V1 : V2, `lornu-attacks-${process.pid}`);
  try {
    await mkdir(folder);
    await writeFile(join(folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), `${TASK_BYTES}`);
    if (!isV1) await writeFile(join(folder, 'memory.swap.max'), '0').catch(() => undefined);
  } catch {
    await rmdir(folder).catch(() => undefined);
    return undefined;
  }
  return {
    add: (pid) => writeFile(join(folder, 'cgroup.procs'), `${pid}`),
    remove: async () => {
      // Processes leave a group some time after they have ended.
      for (let tries = 0; tries < 100; tries++) {
        const isGone = await rmdir(folder).then(
          () => true,
          () => false,
        );
        if (isGone) return;
        await Bun.sleep(50);
      }
    },
  };
}

/** A process's memory in bytes; `peak` since `forgetPeak`. Linux only. */
export async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** https://docs.kernel.org/filesystems/proc.html (clear_refs: 5 resets the peak) */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
