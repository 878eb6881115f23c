import { type Job, shortTurns } from '../load/job.ts';
import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';
import { perTarget, type PerTarget, TARGETS, type Targets } from '../targets.ts';
import { median } from './median.ts';

/** Turns of several parallel callers; medians over the rounds. */
export interface Throughput {
  turnsPerSecond: PerTarget<number>;
  /**
   * User and system time of the server, in milliseconds per turn: the least of the rounds. Other work on the machine
   * can only add to it (cold caches, more switching), so the least is closest to the server's own.
   */
  cpuMsPerTurn: PerTarget<number>;
  /** The median of the same figure, which shows how disturbed the run was. */
  medianCpuMsPerTurn: PerTarget<number>;
  /** The busiest round of each server. */
  mostTurnsPerSecond: PerTarget<number>;
  /** The most that the load client can do: turns of a server that answers at once with fixed bytes. */
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

/**
 * Warm-up until the code is compiled, as a freshly started server is not representative. This many turns, or this many
 * seconds on a slower machine.
 */
const WARM_UP = { turns: 4_000, seconds: 20, stepSeconds: 2 };

/** Rounds are interleaved, so that other load on the machine affects all servers alike. */
export async function measureThroughput(
  { servers, canned }: Targets,
  { rounds, seconds, clients, chunks }: ThroughputOptions,
): Promise<Throughput> {
  const rates = perTarget((): number[] => []);
  const cpu = perTarget((): number[] => []);
  const errors = perTarget(() => 0);
  const errorSamples: string[] = [];
  const ceilings: number[] = [];
  const job = shortTurns({ clients, chunks });
  for (const name of TARGETS) await warmUp({ ...job, url: servers[name].url });
  for (let round = 0; round < rounds; round += 1) {
    for (const name of TARGETS) {
      const { url, pid } = servers[name];
      const before = cpuMs(pid);
      const result = await runLoad({ ...job, url, seconds });
      errors[name] += result.errors;
      errorSamples.push(...result.errorSamples.map((sample) => `${name}: ${sample}`));
      rates[name].push((result.turns * 1_000) / result.elapsedMs);
      cpu[name].push((cpuMs(pid) - before) / Math.max(1, result.turns));
    }
    const { turns, elapsedMs } = await runLoad({ ...job, url: canned.url, seconds: 1 });
    ceilings.push((turns * 1_000) / elapsedMs);
  }
  return {
    turnsPerSecond: perTarget((name) => median(rates[name])),
    cpuMsPerTurn: perTarget((name) => Math.min(...cpu[name])),
    medianCpuMsPerTurn: perTarget((name) => median(cpu[name])),
    mostTurnsPerSecond: perTarget((name) => Math.max(...rates[name])),
    clientCeiling: median(ceilings),
    errors,
    errorSamples,
  };
}

/** Loads a server until its code is compiled. */
export async function warmUp(job: Job): Promise<void> {
  let turns = 0;
  for (let spent = 0; spent < WARM_UP.seconds && turns < WARM_UP.turns; spent += WARM_UP.stepSeconds) {
    turns += (await runLoad({ ...job, seconds: WARM_UP.stepSeconds })).turns;
  }
}
