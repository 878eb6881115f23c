import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

const UPTIME = '/proc/uptime';

/**
 * Milliseconds since this machine was started: the same to all its processes, and nobody sets it, as a wall clock may be.
 * Bun's own monotonic clocks count from the start of each process.
 */
export function machineUptimeMs(): number {
  const seconds = process.platform === 'linux' ? Number.parseFloat(readFileSync(UPTIME, 'utf8')) : uptime();
  return Math.round(seconds * 1000);
}
