import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

const UPTIME = '/proc/uptime';
/** Reading the file costs more than a lookup in the database, and each turn asks. Leases last for seconds. */
const READ_EVERY_MS = 1_000;

let reading: { uptimeMs: number; at: number } | undefined;

/**
 * Milliseconds since this machine was started: the same for all its processes, and nobody can set it, unlike a wall
 * clock. Bun's own monotonic clocks count from the start of each process, so they only continue from the last reading,
 * for a second at most.
 */
export function machineUptimeMs(): number {
  const now = performance.now();
  if (!reading || now - reading.at >= READ_EVERY_MS) reading = { uptimeMs: readUptimeMs(), at: now };
  return Math.round(reading.uptimeMs + now - reading.at);
}

function readUptimeMs(): number {
  return 1000 * (process.platform === 'linux' ? Number.parseFloat(readFileSync(UPTIME, 'utf8')) : uptime());
}
