import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

const UPTIME = '/proc/uptime';

/**
 * Milliseconds since this machine was started: the same for all its processes, and nobody can set it, unlike a wall
 * clock. Bun's own monotonic clocks count from the start of each process.
 */
export function machineUptimeMs(): number {
  const seconds = process.platform === 'linux' ? Number.parseFloat(readFileSync(UPTIME, 'utf8')) : uptime();
  return Math.round(seconds * 1000);
}
