import type { Server } from '@lornu/ops/servers/server.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { spawnGeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { measureA2a } from './measures/a2a.ts';
import { measureDeployed } from './measures/deployed.ts';
import { measureFirestoreSession } from './measures/firestore-session.ts';
import { measureFirstToken } from './measures/first-token.ts';
import { measureFrames } from './measures/frames.ts';
import { measureLongSession } from './measures/long-session.ts';
import { compareStreams, measureStreams, PACES } from './measures/streams.ts';
import { measureThroughput } from './measures/throughput.ts';
import { type BenchReport, renderReport } from './report.ts';
import { bundleService, startTargets, stopTargets } from './targets.ts';

export interface BenchOptions {
  /** Root of the checkout. */
  root: string;
  /** Interleaved rounds; their medians are reported. */
  rounds: number;
  /** Seconds of load on each server in each round. */
  seconds: number;
  /** Concurrent streams. */
  streams: number;
  /** Called with what is being measured. */
  onStep?: (step: string) => void;
}

export const BENCH_DEFAULTS = { rounds: 3, seconds: 4, streams: 3_000 } as const;

const CHUNKS = 20;
const CLIENTS = 8;
/** google-adk queues streams beyond 100 (its HTTP client's pool), so more would measure its queue. */
const FASTAPI_STREAMS = 100;
const STARTS = 5;

/**
 * Measures our service, google-adk's FastAPI server and a bare pass-through, on one Gemini stand-in on this machine.
 * Prints and judges nothing: see renderReport. About eight minutes; uv must be on PATH.
 */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { root, rounds, seconds, streams, onStep = () => undefined } = options;
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-bench-'));
  const standin = await spawnGeminiStandin({ chunks: CHUNKS });
  try {
    onStep('bundle the service');
    const program = await bundleService(root, scratchDir);
    onStep('start everything');
    const targets = await startTargets({ root, scratchDir, program, standin, chunks: CHUNKS });
    try {
      onStep('as deployed: on Firestore, beside SQLite');
      const agentsDir = join(import.meta.dir, 'agents');
      const local = { root, scratchDir, modelUrl: standin.url, agentsDir, program };
      const load = { seconds, clients: CLIENTS, chunks: CHUNKS };
      const deployed = await measureDeployed({ ...local, ...load, rounds });
      onStep('turns side by side');
      const throughput = await measureThroughput(targets, { ...load, rounds });
      onStep('turns over A2A beside turns over REST');
      const { service, fastapi } = targets.servers;
      const a2a = await measureA2a(service, { ...load, rounds: 2 * rounds });
      onStep('time to the first token');
      const firstTokenMs = await measureFirstToken(targets, rounds);
      onStep('turns with stored frames beside turns without');
      const frames = await measureFrames({ ...local, ...load, rounds: 2 * rounds });
      onStep('a session of 2,000 events');
      const longSessionOwn = await measureLongSession(service, { app: 'bare', short: 10, long: 2_000 });
      const longSessionFull = await measureLongSession(service, { app: 'plain', short: 10, long: 2_000 });
      const longSessionCompacted = await measureLongSession(service, {
        app: 'compacted',
        short: 10,
        long: 2_000,
      });
      onStep('a session of 2,000 events in Firestore');
      const longSessionFirestore = await measureFirestoreSession(local);
      onStep(`${streams} streams at once`);
      const few = Math.min(streams, FASTAPI_STREAMS);
      const found: BenchReport['streams'] = {
        ...(await compareStreams(targets, streams, PACES.steady, rounds)),
        fastapi: await measureStreams(targets, 'fastapi', few, PACES.steady),
      };
      onStep(`${streams} streams in a rush`);
      const rush = await compareStreams(targets, streams, PACES.rush, 1);
      onStep('start to /health');
      const startMs = await measureStart(() => startService(local), STARTS);
      return {
        machine: { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', bun: Bun.version },
        deployed,
        throughput,
        a2a,
        firstTokenMs,
        frames,
        streams: found,
        rush,
        startMs: { service: startMs, fastapi: fastapi.startMs },
        longSessionOwn,
        longSessionFull,
        longSessionFirestore,
        longSessionCompacted,
      };
    } finally {
      await stopTargets(targets);
    }
  } finally {
    await standin.stop();
    await rm(scratchDir, { recursive: true, force: true });
  }
}

export { renderReport };

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(BENCH_DEFAULTS.rounds) },
      seconds: { type: 'string', default: String(BENCH_DEFAULTS.seconds) },
      streams: { type: 'string', default: String(BENCH_DEFAULTS.streams) },
      json: { type: 'boolean', default: false },
    },
  });
  const report = await runBench({
    root: resolve(import.meta.dir, '..'),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    streams: Number(values.streams),
    onStep: (step) => process.stderr.write(`- ${step}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
}

/** Time from starting the process to the first 200 of /health, in milliseconds: the least of several starts. */
async function measureStart(start: () => Promise<Server>, times: number): Promise<number> {
  const seen: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const server = await start();
    seen.push(server.startMs);
    await server.stop();
  }
  return Math.min(...seen);
}
