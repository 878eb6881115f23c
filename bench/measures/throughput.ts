import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';
import { perTarget, type PerTarget, TARGETS, type Targets } from '../targets.ts';
import { median } from './median.ts';

/** Turns of several callers side by side; medians over the rounds. */
export interface Throughput {
  turnsPerSecond: PerTarget<number>;
  /** User and system time of the server, in milliseconds a turn. */
  cpuMsPerTurn: PerTarget<number>;
  /** What the load client can do at most: turns of a server that answers at once with canned bytes. */
  clientCeiling: number;
  errors: PerTarget<number>;
  errorSamples: string[];
}

export interface ThroughputOptions {
  rounds: number;
  seconds: number;
  clients: number;
  chunks: number;
}

/** Until the code is compiled: a server that has just started is not what runs for weeks. */
const WARM_UP_SECONDS = 6;

/** Rounds are interleaved: whatever else the machine does meanwhile meets all servers alike. */
export async function measureThroughput(
  { servers, canned }: Targets,
  { rounds, seconds, clients, chunks }: ThroughputOptions,
): Promise<Throughput> {
  const rates = perTarget((): number[] => []);
  const cpu = perTarget((): number[] => []);
  const errors = perTarget(() => 0);
  const errorSamples: string[] = [];
  const ceilings: number[] = [];
  const job = {
    kind: 'turns',
    app: 'plain',
    text: `hello in ${chunks} chunks`,
    frames: chunks,
    clients,
  } as const;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of TARGETS) {
      const { url, pid } = servers[name];
      const before = cpuMs(pid);
      const result = await runLoad({ ...job, url, seconds: round === 0 ? WARM_UP_SECONDS : seconds });
      errors[name] += result.errors;
      errorSamples.push(...result.errorSamples.map((sample) => `${name}: ${sample}`));
      // Round 0 only warms up: imports, compiled code, open connections.
      if (round === 0) continue;
      rates[name].push((result.turns * 1_000) / result.elapsedMs);
      cpu[name].push((cpuMs(pid) - before) / Math.max(1, result.turns));
    }
    const { turns, elapsedMs } = await runLoad({ ...job, url: canned.url, seconds: 1 });
    ceilings.push((turns * 1_000) / elapsedMs);
  }
  return {
    turnsPerSecond: perTarget((name) => median(rates[name])),
    cpuMsPerTurn: perTarget((name) => median(cpu[name])),
    clientCeiling: median(ceilings),
    errors,
    errorSamples,
  };
}
