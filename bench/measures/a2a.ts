import type { Server } from '@lornu/ops/servers/server.ts';
import { shortTurns } from '../load/job.ts';
import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';

/** The server's cost of a turn over A2A and over REST: user and system time, in milliseconds per turn. */
export interface A2aCost {
  restMs: number;
  a2aMs: number;
  ratio: number;
  errors: number;
}

export interface A2aCostOptions {
  rounds: number;
  seconds: number;
  clients: number;
  chunks: number;
}

const PROTOCOLS = ['rest', 'a2a'] as const;

/** Interleaved rounds on one server; the least of each, because other work on the machine can only add to it. */
export async function measureA2a(
  { url, pid }: Pick<Server, 'url' | 'pid'>,
  { rounds, seconds, clients, chunks }: A2aCostOptions,
): Promise<A2aCost> {
  const cost = { rest: Number.POSITIVE_INFINITY, a2a: Number.POSITIVE_INFINITY };
  let errors = 0;
  // The first round is a warm-up: it compiles A2A's code.
  for (let round = 0; round <= rounds; round += 1) {
    for (const protocol of PROTOCOLS) {
      const before = cpuMs(pid);
      const result = await runLoad({
        ...shortTurns({ clients, chunks }),
        protocol,
        url,
        seconds,
      });
      errors += result.errors;
      const spent = (cpuMs(pid) - before) / Math.max(1, result.turns);
      if (round > 0) cost[protocol] = Math.min(cost[protocol], spent);
    }
  }
  return { restMs: cost.rest, a2aMs: cost.a2a, ratio: cost.a2a / cost.rest, errors };
}
