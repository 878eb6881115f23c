import { readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of 10 ms (USER_HZ is 100 on every platform we run on). */
const MS_PER_TICK = 10;

/** User and system time of a process since its start, in milliseconds; proc_pid_stat(5), fields 14 and 15. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may contain blanks, so count fields after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** A process's highest memory during `work`, sampled. */
export async function mostMemoryDuring<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ result: T; mostBytes: number }> {
  let mostBytes = residentBytes(pid);
  const look = () => {
    mostBytes = Math.max(mostBytes, residentBytes(pid));
  };
  const timer = setInterval(look, 100);
  try {
    const result = await work();
    look();
    return { result, mostBytes };
  } finally {
    clearInterval(timer);
  }
}
