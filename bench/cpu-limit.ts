import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Limits a process to a share of a core, as Fargate does. */
export interface CpuLimit {
  /** For the report: what limits, and what it cannot do here. */
  how: string;
  /** Whether less than a core can be given. */
  canDivide: boolean;
  /** Applies to all threads of the process. A second call replaces the first. */
  give: (pid: number, cores: number) => void;
  /** Removes what was created; call it when the processes have ended. */
  remove: () => void;
}

const PERIOD_US = 100_000;

/** A CPU quota of a cgroup below our own (version 1 or 2) where we may create one, otherwise `taskset`. */
export function openCpuLimit(): CpuLimit {
  return quotaLimit() ?? pinning();
}

function quotaLimit(): CpuLimit | undefined {
  const parent = ownCgroup();
  if (!parent) return undefined;
  const folders = new Set<string>();
  const folderOf = (pid: number): string => join(parent.path, `lornu-bench-${pid}`);
  const give = (pid: number, cores: number): void => {
    const folder = folderOf(pid);
    mkdirSync(folder, { recursive: true });
    folders.add(folder);
    const quota = Math.round(cores * PERIOD_US);
    if (parent.version === 2) writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
    else {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), `${PERIOD_US}`);
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quota}`);
    }
    writeFileSync(join(folder, 'cgroup.procs'), `${pid}`);
  };
  const remove = (): void => folders.forEach((folder) => rmdirSync(folder));
  const child = Bun.spawn(['sleep', '60']);
  try {
    give(child.pid, 0.5);
  } catch {
    return undefined;
  } finally {
    child.kill();
  }
  return { how: `a CPU quota (cgroup v${parent.version})`, canDivide: true, give, remove };
}

/** The cgroup of this process that has the CPU controller. */
function ownCgroup(): { path: string; version: 1 | 2 } | undefined {
  try {
    const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
    for (const line of lines) {
      const [, controllers = '', path = '/'] = line.split(':');
      if (controllers.split(',').includes('cpu'))
        return { path: join('/sys/fs/cgroup', controllers, path), version: 1 };
    }
    const path = join('/sys/fs/cgroup', lines[0]?.split('::')[1] ?? '');
    return readFileSync(join(path, 'cgroup.controllers'), 'utf8').includes('cpu')
      ? { path, version: 2 }
      : undefined;
  } catch {
    return undefined;
  }
}

function pinning(): CpuLimit {
  return {
    how: 'taskset, which cannot give half a core: no right to create a cgroup with a CPU quota',
    canDivide: false,
    give: (pid) => void Bun.spawnSync(['taskset', '-a', '-p', '-c', '0', `${pid}`]),
    remove: () => undefined,
  };
}
