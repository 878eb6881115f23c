import { FirestoreClient } from '@lornu/standins/firestore/client.ts';
import { turnOf } from '../load/job.ts';
import { type PerTarget, TARGETS, type TargetName, type World } from '../world.ts';
import { type Spread, spreadOf } from './rounds.ts';
import type { LoadOptions } from './turns.ts';

/** Median time to the first token for one caller, beyond that of the pass-through in the same round. */
export interface AddedMs {
  added: PerTarget<Spread>;
  passThrough: Spread;
  /** Median of one call of Firestore, in milliseconds. */
  firestore: { readMs: number; writeMs: number };
}

/** The stand-in pauses between chunks, which reveals a server that holds the first one back. */
const PACED = { text: 'hello in 4 chunks every 5 ms', frames: 4, seconds: 1.5 };
const ROUND_TRIPS = 50;

export async function measureAdded(world: World, rounds: number): Promise<AddedMs> {
  const seen = new Map<TargetName, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, server] of world.servers) {
      const { firstTokenMs } = await world.load(server, { kind: 'loops', ...PACED });
      seen.set(name, [...(seen.get(name) ?? []), firstTokenMs.p50]);
    }
  }
  const limit = seen.get('pass-through') ?? [];
  const added = [...seen].map(([name, values]) => [
    name,
    spreadOf(values.map((value, round) => value - (limit[round] ?? Number.NaN))),
  ]);
  return {
    added: Object.fromEntries(added) as AddedMs['added'],
    passThrough: spreadOf(limit),
    firestore: await roundTrips(world.firestore.host),
  };
}

async function roundTrips(host: string): Promise<AddedMs['firestore']> {
  const client = await FirestoreClient.to(host);
  const database = 'projects/bench/databases/bench';
  const name = `${database}/documents/round/trip`;
  const medianOf = async (method: string, request: object): Promise<number> => {
    const times: number[] = [];
    for (let count = 0; count < ROUND_TRIPS; count += 1) {
      const beganAt = performance.now();
      await client.rows(method, request);
      times.push(performance.now() - beganAt);
    }
    return spreadOf(times).median;
  };
  try {
    return {
      writeMs: await medianOf('Commit', { database, writes: [{ update: { name, fields: {} } }] }),
      readMs: await medianOf('BatchGetDocuments', { database, documents: [name] }),
    };
  } finally {
    client.close();
  }
}

/** Time to the first token of turns that begin at a constant rate (open loop), from when they should have begun. */
export interface OpenLoop {
  /** Cores of the server. */
  cores: number;
  perSecond: number;
  /** Missing: the rate is more than the server can do. */
  of: PerTarget<{ p50: Spread; p99: Spread; errors: number }>;
}

/** The rates are shares of what Firestore can do with these cores; `canDo` is in turns a second for one core. */
const RATES = [
  { cores: 1, share: 0.4 },
  { cores: 1, share: 0.7 },
  { cores: 0.5, share: 0.4 },
  { cores: 0.5, share: 0.7 },
] as const;

export async function measureOpenLoop(
  world: World,
  options: LoadOptions,
  canDo: PerTarget<number>,
): Promise<OpenLoop[]> {
  const found: OpenLoop[] = [];
  for (const { cores, share } of RATES) {
    if (cores < 1 && !world.cpu.canDivide) continue;
    const perSecond = Math.max(1, Math.round((canDo.firestore ?? 0) * cores * share));
    found.push({ cores, perSecond, of: await atRate(world, options, { cores, perSecond, canDo }) });
  }
  for (const { pid } of world.servers.values()) world.cpu.give(pid, 1);
  return found;
}

async function atRate(
  world: World,
  { rounds, seconds, chunks }: LoadOptions,
  { cores, perSecond, canDo }: { cores: number; perSecond: number; canDo: PerTarget<number> },
): Promise<OpenLoop['of']> {
  const able = [...world.servers].filter(([name]) => (canDo[name] ?? 0) * cores > perSecond);
  const seen = new Map(able.map(([name]) => [name, { p50: [] as number[], p99: [] as number[], errors: 0 }]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, server] of able) {
      world.cpu.give(server.pid, cores);
      const { firstTokenMs, errors } = await world.load(server, {
        kind: 'rate',
        ...turnOf(chunks),
        perSecond,
        seconds,
      });
      const of = seen.get(name);
      of?.p50.push(firstTokenMs.p50);
      of?.p99.push(firstTokenMs.p99);
      if (of) of.errors += errors;
    }
  }
  return Object.fromEntries(
    [...seen].map(([name, { p50, p99, errors }]) => [
      name,
      { p50: spreadOf(p50), p99: spreadOf(p99), errors },
    ]),
  );
}

/** Turns that are sent at the same time to a process that has just started. */
export interface Burst {
  cores: number;
  /** The time until all of them had their first token. */
  of: PerTarget<{ lastMs: Spread; errors: number }>;
  /** From the start of the process to the first 200 of /health, with all cores. */
  startMs: PerTarget<Spread>;
}

export const BURST = 300;

export async function measureBurst(world: World, rounds: number, chunks: number): Promise<Burst[]> {
  const found: Burst[] = [];
  for (const cores of world.cpu.canDivide ? [1, 0.5] : [1]) {
    const burst: Burst = { cores, of: {}, startMs: {} };
    for (const name of TARGETS) {
      if (!world.targets.includes(name)) continue;
      // google-adk takes ten seconds to start and as long for the burst.
      const times = name === 'fastapi' ? 1 : rounds;
      if (name === 'fastapi' && cores < 1) continue;
      const [last, starts]: [number[], number[]] = [[], []];
      let errors = 0;
      for (let round = 0; round < times; round += 1) {
        const server = await world.startNew(name);
        try {
          world.cpu.give(server.pid, cores);
          starts.push(server.startMs);
          const result = await world.load(server, { kind: 'streams', ...turnOf(chunks), clients: BURST });
          errors += result.errors;
          last.push(result.firstTokenMs.most);
        } finally {
          await server.stop();
        }
      }
      burst.of[name] = { lastMs: spreadOf(last), errors };
      burst.startMs[name] = spreadOf(starts);
    }
    found.push(burst);
  }
  return found;
}
