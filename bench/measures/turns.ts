import { turnOf } from '../load/job.ts';
import { cpuMs } from '../process-usage.ts';
import type { Operations } from '../scale/model.ts';
import { serverOf, type PerTarget, type TargetName, type World } from '../world.ts';
import { type Spread, spreadOf } from './rounds.ts';

/** Turns of several parallel callers (closed loop), each server with one core. */
export interface Turns {
  /** User and system time of the server for one turn. */
  cpuMs: PerTarget<Spread>;
  perSecond: PerTarget<Spread>;
  errors: PerTarget<number>;
  errorSamples: string[];
  /** Documents of Firestore for one turn. */
  operations: Operations;
}

export interface LoadOptions {
  rounds: number;
  seconds: number;
  clients: number;
  chunks: number;
}

/**
 * A new server compiles its code while it answers its first turns, for which it needs several times the CPU: this many, or
 * this many seconds on a slow machine. With fewer turns a server on a slow store is compared with compiled ones.
 */
const WARM_UP = { turns: 3_000, seconds: 60, stepSeconds: 2 };

/** Rounds are interleaved, so that other load on the machine affects all servers alike. */
export async function measureTurns(world: World, options: LoadOptions): Promise<Turns> {
  const { rounds, seconds, clients, chunks } = options;
  const { servers, firestore } = world;
  const job = { kind: 'loops', ...turnOf(chunks), clients } as const;
  const seen = new Map<TargetName, Seen>();
  for (const name of servers.keys()) seen.set(name, { cpu: [], rate: [], errors: 0 });
  const errorSamples: string[] = [];
  const operations = { reads: 0, writes: 0, deletes: 0, turns: 0 };
  for (const server of servers.values()) {
    for (let turns = 0, spent = 0; spent < WARM_UP.seconds && turns < WARM_UP.turns;) {
      turns += (await world.load(server, { ...job, seconds: WARM_UP.stepSeconds })).turns;
      spent += WARM_UP.stepSeconds;
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, server] of servers) {
      const rows = { ...firestore.rows };
      const before = cpuMs(server.pid);
      const {
        turns,
        elapsedMs,
        errors,
        errorSamples: samples,
      } = await world.load(server, { ...job, seconds });
      const of = seen.get(name);
      of?.cpu.push((cpuMs(server.pid) - before) / Math.max(1, turns));
      of?.rate.push((turns * 1_000) / elapsedMs);
      if (of) of.errors += errors;
      errorSamples.push(...samples.map((sample) => `${name}: ${sample}`));
      if (name !== 'firestore') continue;
      const deletes = firestore.rows.deleted - rows.deleted;
      operations.turns += turns;
      operations.deletes += deletes;
      operations.reads += firestore.rows.read - rows.read;
      operations.writes += firestore.rows.written - rows.written - deletes;
    }
  }
  const { turns } = operations;
  const perTarget = <T>(of: (found: Seen) => T): PerTarget<T> =>
    Object.fromEntries([...seen].map(([name, found]) => [name, of(found)]));
  return {
    cpuMs: perTarget(({ cpu }) => spreadOf(cpu)),
    perSecond: perTarget(({ rate }) => spreadOf(rate)),
    errors: perTarget(({ errors }) => errors),
    errorSamples,
    operations: {
      reads: operations.reads / Math.max(1, turns),
      writes: operations.writes / Math.max(1, turns),
      deletes: operations.deletes / Math.max(1, turns),
    },
  };
}

interface Seen {
  cpu: number[];
  rate: number[];
  errors: number;
}

/** CPU of a turn over A2A and over REST, with one server; the errors of both. */
export interface A2aCost {
  restMs: Spread;
  a2aMs: Spread;
  ratio: Spread;
  errors: number;
}

export async function measureA2a(world: World, name: TargetName, options: LoadOptions): Promise<A2aCost> {
  const server = serverOf(world, name);
  const { rounds, seconds, clients, chunks } = options;
  const job = { kind: 'loops', ...turnOf(chunks), clients } as const;
  const [rest, a2a]: [number[], number[]] = [[], []];
  let errors = 0;
  // The first round compiles A2A's code.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [protocol, costs] of [
      ['rest', rest],
      ['a2a', a2a],
    ] as const) {
      const before = cpuMs(server.pid);
      const { turns, errors: failed } = await world.load(server, { ...job, protocol, seconds });
      errors += failed;
      if (round > 0) costs.push((cpuMs(server.pid) - before) / Math.max(1, turns));
    }
  }
  const ratio = spreadOf(a2a.map((ms, round) => ms / (rest[round] ?? Number.NaN)));
  return { restMs: spreadOf(rest), a2aMs: spreadOf(a2a), ratio, errors };
}
