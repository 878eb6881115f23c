/**
 * For tests: the CPU time of some work in microseconds, the least of three. On a busy machine the time that passes says
 * nothing.
 */
export function leastCpuTime(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const began = process.cpuUsage();
    work();
    // Only the sum is exact: Linux divides it between the two by counting ticks.
    const { user, system } = process.cpuUsage(began);
    return user + system;
  });
  return Math.min(...times);
}
