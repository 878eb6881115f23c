import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAdded, measureBurst, measureOpenLoop } from './measures/latency.ts';
import { measureLongSession } from './measures/long-session.ts';
import { measureStreams, measureStreamSecond } from './measures/streams.ts';
import { measureTracing } from './measures/tracing.ts';
import { measureA2a, measureTurns } from './measures/turns.ts';
import { type BenchReport, renderReport, renderTracing } from './report.ts';
import { saveReport } from './save.ts';
import {
  type Identity,
  type PerTarget,
  startIdentity,
  startWorld,
  type TargetName,
  TARGETS,
  type World,
} from './world.ts';

interface BenchOptions {
  /** Root of the checkout. */
  root: string;
  /** Interleaved rounds; the report has their median, least and most. */
  rounds: number;
  /** Seconds of load on each server in each round. */
  seconds: number;
  /** Concurrent streams. */
  streams: number;
  /** Without FastAPI/ADK, which starts slowly and needs Python. */
  isQuick: boolean;
  /** Uses the stand-in of Firestore even where Google's emulator is installed. */
  isStandin: boolean;
  /** Called with what is being measured. */
  onStep: (step: string) => void;
}

const CHUNKS = 20;
const CLIENTS = 8;
/** Each starts a new process and creates 300 sessions. */
const BURST_ROUNDS = 3;
/** Pairs of measurements with and without tracing. Many short ones, so that some fall between other work of the machine. */
const TRACING = { pairs: 80, seconds: 0.6 };

/**
 * Measures the service on both stores, google-adk's FastAPI server and a bare pass-through, each limited to one core, on
 * one Gemini stand-in. Prints and judges nothing: see renderReport. uv must be on PATH unless it is quick.
 */
async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { root, rounds, seconds, streams, isQuick, isStandin } = options;
  const steps = [
    'start everything',
    'turns',
    'first token',
    'open loop',
    'A2A',
    'long sessions',
    'streams',
    'burst',
  ];
  let step = 0;
  const begin = (what: string): void => {
    step += 1;
    options.onStep(`${step} of ${steps.length}: ${steps[step - 1]} (${what})`);
  };
  begin('bundle the service, start the stand-ins and the servers');
  const targets = TARGETS.filter((name) => !(isQuick && name === 'fastapi'));
  return inWorld({ root, targets, isStandin }, async (world, identity) => {
    const load = { rounds, seconds, clients: CLIENTS, chunks: CHUNKS };
    begin(`${CLIENTS} clients, each sends its next turn when the last one has ended`);
    const turns = await measureTurns(world, load);
    const ofTurns = (of: (name: (typeof TARGETS)[number]) => number): PerTarget<number> =>
      Object.fromEntries(targets.map((name) => [name, of(name)]));
    begin('one client');
    const added = await measureAdded(world, rounds);
    begin('turns at a constant rate, with one core and with half a core');
    const cpuMs = ofTurns((name) => turns.cpuMs[name]?.median ?? 0);
    const canDo = ofTurns((name) => 1_000 / (cpuMs[name] ?? 0));
    const openLoop = await measureOpenLoop(world, load, canDo);
    begin('CPU of a turn over A2A beside one over REST');
    const a2a = await measureA2a(world, 'sqlite', load);
    begin('2,000 events beside 10');
    const longSession = await measureLongSession(world, identity.token);
    begin(`${streams} at once`);
    const streamSecondMs = await measureStreamSecond(world, cpuMs);
    const found = {
      'pass-through': await measureStreams(world, 'pass-through', streams),
      sqlite: await measureStreams(world, 'sqlite', streams),
    };
    begin('300 turns at once on a new process');
    const burst = await measureBurst(world, Math.min(rounds, BURST_ROUNDS), CHUNKS);
    return {
      machine: {
        cores: cpus().length,
        model: cpus()[0]?.model ?? 'unknown',
        bun: Bun.version,
        firestore: world.firestoreIs,
        limit: world.cpu.how,
      },
      measured: { commit: commitOf(root), on: new Date().toISOString().slice(0, 10) },
      rounds,
      turns,
      added,
      openLoop,
      a2a,
      longSession,
      streamSecondMs,
      streams: found,
      burst,
    };
  });
}

/** What tracing a share of all requests (0 to 1) costs on one store. */
async function benchTracing(
  root: string,
  name: TargetName,
  isStandin: boolean,
  share: number,
): Promise<string> {
  const load = { ...TRACING, clients: CLIENTS, chunks: CHUNKS, share };
  return inWorld({ root, targets: [], isStandin }, async (world) =>
    renderTracing(name, share, await measureTracing(world, name, load)),
  );
}

/** Starts the stand-ins and the servers of the targets, and stops them afterwards. */
async function inWorld<T>(
  options: { root: string; targets: readonly TargetName[]; isStandin: boolean },
  work: (world: World, identity: Identity) => Promise<T>,
): Promise<T> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'lornu-bench-'));
  const identity = await startIdentity();
  try {
    const world = await startWorld({ ...options, scratchDir, chunks: CHUNKS, identity });
    try {
      return await work(world, identity);
    } finally {
      await world.stop();
    }
  } finally {
    await identity.stop();
    await rm(scratchDir, { recursive: true, force: true });
  }
}

function commitOf(root: string): string {
  const git = (...args: string[]): string =>
    Bun.spawnSync(['git', ...args], { cwd: root })
      .stdout.toString()
      .trim();
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    streams: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'stand-in': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    tracing: { type: 'string' },
    share: { type: 'string', default: '1' },
  },
});
const root = resolve(import.meta.dir, '..');
const isStandin = values['stand-in'];
const traced = TARGETS.find((name) => name === values.tracing);
if (traced) process.stdout.write(await benchTracing(root, traced, isStandin, Number(values.share)));
else {
  const report = await runBench({
    root,
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    streams: Number(values.streams),
    isQuick: values.quick,
    isStandin,
    onStep: (step) => process.stderr.write(`- ${step}\n`),
  });
  if (values.save) await saveReport(report);
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
}
