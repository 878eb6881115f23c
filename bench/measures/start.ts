import type { Server } from '@lornu/ops/servers/server.ts';

/** Time from starting the process to the first 200 of /health, in milliseconds: the least of several starts. */
export async function measureStart(start: () => Promise<Server>, times: number): Promise<number> {
  const seen: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const server = await start();
    seen.push(server.startMs);
    await server.stop();
  }
  return Math.min(...seen);
}
