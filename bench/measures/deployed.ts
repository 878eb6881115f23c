import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentServerOptions, startService } from '@lornu/ops/servers/agent-servers.ts';
import type { Server } from '@lornu/ops/servers/server.ts';
import { startFirestoreStandin, type FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { shortTurns } from '../load/job.ts';
import { runLoad } from '../load/run-load.ts';
import { cpuMs } from '../process-usage.ts';
import type { Operations } from '../scale/model.ts';
import { median } from './median.ts';
import { warmUp } from './throughput.ts';

type Store = 'sqlite' | 'firestore';
type PerStore<T> = Record<Store, T>;

/** Measurements of the service on Firestore, as deployed, and on SQLite for comparison. */
export interface Deployed {
  /** Which Firestore was measured. */
  firestore: string;
  /** The smallest value of the rounds, in milliseconds per turn of 20 chunks. */
  cpuMsPerTurn: PerStore<number>;
  /** The median of the rounds. */
  medianCpuMsPerTurn: PerStore<number>;
  /** Documents of Firestore per turn, at the throughput of the closed loop. */
  operationsPerTurn: Operations;
  /** p50 with a single client, in milliseconds. */
  firstTokenMs: PerStore<number>;
  /** CPU for one second of a stream with two chunks a second, in milliseconds. */
  cpuMsPerStreamSecond: PerStore<number>;
  /** Turns that start at a constant rate, even if earlier ones have not ended: first token in milliseconds. */
  atConstantRate: { perSecond: number; store: Store; p50: number; p99: number; errors: number }[];
  /** Simultaneous turns on a process that has just started. */
  burst: PerStore<{ turns: number; firstTokenMs: number; errors: number }>;
}

export interface DeployedOptions extends AgentServerOptions {
  program: string;
  rounds: number;
  seconds: number;
  clients: number;
  chunks: number;
}

const STORES: readonly Store[] = ['sqlite', 'firestore'];
/** The constant rates, as shares of the closed loop's throughput. */
const RATES = [0.25, 0.5] as const;
const STREAMS = { count: 100, chunks: 20, everyMs: 500 };
const BURST = 300;

/** Measures both stores in interleaved rounds. Firestore is the stand-in, in this process. */
export async function measureDeployed(options: DeployedOptions): Promise<Deployed> {
  const { rounds, seconds } = options;
  const firestore = await startFirestoreStandin({ databases: ['staging'] });
  const start = (store: Store, name: string) => startOn(store, name, firestore.host, options);
  const burst = {} as Deployed['burst'];
  const servers = {} as PerStore<Server>;
  try {
    for (const store of STORES) {
      servers[store] = await start(store, store);
      burst[store] = await burstOf(servers[store].url, options.chunks);
    }
    const job = shortTurns(options);
    for (const store of STORES) await warmUp({ ...job, url: servers[store].url });
    const cpu: PerStore<number[]> = { sqlite: [], firestore: [] };
    const rate: PerStore<number[]> = { sqlite: [], firestore: [] };
    const first: PerStore<number[]> = { sqlite: [], firestore: [] };
    const operations: Operations[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const store of STORES) {
        const { url, pid } = servers[store];
        const before = cpuMs(pid);
        const rows = { ...firestore.rows };
        const { turns, elapsedMs } = await runLoad({ ...job, url, seconds });
        if (store === 'firestore') operations.push(perTurn(rows, firestore.rows, turns));
        cpu[store].push((cpuMs(pid) - before) / Math.max(1, turns));
        rate[store].push((turns * 1_000) / elapsedMs);
        const one = { ...job, text: 'hello in 4 chunks every 5 ms', frames: 4, clients: 1, seconds: 2 };
        first[store].push((await runLoad({ ...one, url })).firstTokenMs.p50);
      }
    }
    const atConstantRate: Deployed['atConstantRate'] = [];
    for (const store of STORES) {
      for (const share of RATES) {
        const perSecond = Math.max(1, Math.round(median(rate[store]) * share));
        const { firstTokenMs, errors } = await runLoad({
          ...job,
          kind: 'rate',
          perSecond,
          url: servers[store].url,
          seconds,
        });
        atConstantRate.push({ perSecond, store, ...firstTokenMs, errors });
      }
    }
    return {
      firestore: 'the stand-in',
      cpuMsPerTurn: { sqlite: Math.min(...cpu.sqlite), firestore: Math.min(...cpu.firestore) },
      medianCpuMsPerTurn: { sqlite: median(cpu.sqlite), firestore: median(cpu.firestore) },
      operationsPerTurn: {
        reads: median(operations.map(({ reads }) => reads)),
        writes: median(operations.map(({ writes }) => writes)),
        deletes: median(operations.map(({ deletes }) => deletes)),
      },
      firstTokenMs: { sqlite: Math.min(...first.sqlite), firestore: Math.min(...first.firestore) },
      cpuMsPerStreamSecond: {
        sqlite: await streamSecond(servers.sqlite, median(cpu.sqlite)),
        firestore: await streamSecond(servers.firestore, median(cpu.firestore)),
      },
      atConstantRate,
      burst,
    };
  } finally {
    await Promise.all(Object.values(servers).map(async (server) => server.stop()));
    firestore.stop();
  }
}

type Rows = FirestoreStandin['rows'];

function perTurn(before: Rows, after: Rows, turns: number): Operations {
  const deletes = after.deleted - before.deleted;
  const [reads, writes] = [after.read - before.read, after.written - before.written - deletes];
  return {
    reads: reads / Math.max(1, turns),
    writes: writes / Math.max(1, turns),
    deletes: deletes / Math.max(1, turns),
  };
}

async function startOn(store: Store, name: string, host: string, options: DeployedOptions): Promise<Server> {
  const scratchDir = join(options.scratchDir, `deployed-${name}`);
  await mkdir(scratchDir, { recursive: true });
  const env = {
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_EMULATOR_HOST: host,
    FIRESTORE_DATABASE: 'staging',
    GOOGLE_CLOUD_PROJECT: 'bench',
  };
  return startService({ ...options, scratchDir, ...(store === 'firestore' ? { env } : {}) });
}

/** CPU for one second of an open stream, without `turnMs`, the cost of a turn that is answered immediately. */
async function streamSecond({ url, pid }: Server, turnMs: number): Promise<number> {
  const { count, chunks, everyMs } = STREAMS;
  const text = `hello in ${chunks} chunks every ${everyMs} ms`;
  const before = cpuMs(pid);
  await runLoad({ kind: 'streams', url, app: 'plain', text, frames: chunks, clients: count, rampMs: 2_000 });
  return Math.max(0, (cpuMs(pid) - before) / count - turnMs) / ((chunks * everyMs) / 1_000);
}

async function burstOf(
  url: string,
  chunks: number,
): Promise<{ turns: number; firstTokenMs: number; errors: number }> {
  const text = `hello in ${chunks} chunks`;
  const job = {
    kind: 'streams',
    url,
    app: 'plain',
    text,
    frames: chunks,
    clients: BURST,
    rampMs: 0,
  } as const;
  const { turns, firstTokenMs, errors } = await runLoad(job);
  return { turns, firstTokenMs: firstTokenMs.p99, errors };
}
