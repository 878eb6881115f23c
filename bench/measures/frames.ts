import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentServerOptions, startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { shortTurns } from '../load/job.ts';
import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';
import { median } from './median.ts';
import { warmUp } from './throughput.ts';

/** The cost of storing frames, with which a client that reconnects gets what it missed. */
export interface FramesCost {
  turnsPerSecond: { with: number; without: number };
  /** The least of the rounds, in milliseconds per turn. */
  cpuMsPerTurn: { with: number; without: number };
  /** The share of the throughput that frames cost, between 0 and 1. */
  share: number;
}

export interface FramesCostOptions extends AgentServerOptions {
  /** Path of the bundled service. */
  program: string;
  rounds: number;
  seconds: number;
  clients: number;
  chunks: number;
}

/** Our service with and without stored frames, in interleaved rounds that alternate which of them starts. */
export async function measureFrames(options: FramesCostOptions): Promise<FramesCost> {
  const { rounds, seconds } = options;
  const program = await bundleFrameless(options.scratchDir);
  const servers = {
    with: await startBeside('with-frames', options),
    without: await startBeside('without-frames', { ...options, program }),
  };
  const names = ['with', 'without'] as const;
  const job = shortTurns(options);
  try {
    for (const name of names) await warmUp({ ...job, url: servers[name].url });
    const rates = { with: [] as number[], without: [] as number[] };
    const cpu = { with: [] as number[], without: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const { url, pid } = servers[name];
        const before = cpuMs(pid);
        const { turns, elapsedMs, errors, errorSamples } = await runLoad({ ...job, url, seconds });
        if (errors > 0) throw new Error(`Turns ${name} frames failed: ${errorSamples.join('; ')}`);
        rates[name].push((turns * 1_000) / elapsedMs);
        cpu[name].push((cpuMs(pid) - before) / Math.max(1, turns));
      }
    }
    const turnsPerSecond = { with: median(rates.with), without: median(rates.without) };
    return {
      turnsPerSecond,
      cpuMsPerTurn: { with: Math.min(...cpu.with), without: Math.min(...cpu.without) },
      share: 1 - turnsPerSecond.with / turnsPerSecond.without,
    };
  } finally {
    await Promise.all(Object.values(servers).map(async (server) => server.stop()));
  }
}

async function startBeside(name: string, options: AgentServerOptions & { program: string }): Promise<Server> {
  const scratchDir = join(options.scratchDir, name);
  await mkdir(scratchDir, { recursive: true });
  return startService({ ...options, scratchDir });
}

async function bundleFrameless(scratchDir: string): Promise<string> {
  const outdir = join(scratchDir, 'frameless');
  const entry = join(import.meta.dir, '../servers/frameless.ts');
  await Bun.build({ entrypoints: [entry], outdir, target: 'bun', minify: true, throw: true });
  return join(outdir, 'frameless.js');
}
