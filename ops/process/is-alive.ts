/** Whether a process runs; for a negative number: whether the process group of that number has any. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
