import { readSpans } from '@lornu/standins/google/cloud-trace.ts';
import { turnOf } from '../load/job.ts';
import { cpuMs } from '../process-usage.ts';
import type { TargetName, World } from '../world.ts';

/** What it costs to record and send traces, beside processes that trace nothing. */
export interface TracingCost {
  /** CPU of a turn with tracing over that of one without, of all turns, with the batches that are sent later. */
  total: number;
  /** The same of the lower quartiles of the measurements: other work of the machine can only make a turn dearer. */
  quartiles: number;
  /** CPU of a turn without tracing, in milliseconds. */
  plainMs: number;
  turns: number;
  /** Of all turns. Fewer than a turn has times the share means that some were dropped. */
  spansPerTurn: number;
  errors: number;
}

export interface TracingOptions {
  pairs: number;
  /** Length of each measurement. */
  seconds: number;
  clients: number;
  chunks: number;
  /** Share of requests that are recorded, from 0 to 1. */
  share: number;
}

type Kind = 'plain' | 'traced';
interface Used {
  turns: number;
  /** CPU of a turn in each measurement. */
  each: number[];
}

/** Two processes of each kind, because one may be faster than another that runs the same program. */
const KINDS: readonly Kind[] = ['plain', 'traced', 'traced', 'plain'];
/** A process compiles its code while it answers its first turns. */
const WARM_UP_SECONDS = 6;
/** Then the last batch of spans has left. */
const FLUSHED_MS = 6_000;

/** Alternates processes with and without tracing under the same load. */
export async function measureTracing(
  world: World,
  name: TargetName,
  { pairs, seconds, clients, chunks, share }: TracingOptions,
): Promise<TracingCost> {
  const received: Uint8Array[] = [];
  const collector = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      received.push(new Uint8Array(await request.arrayBuffer()));
      return new Response();
    },
  });
  const traced = {
    LORNU_TRACE_URL: collector.url.origin,
    LORNU_TRACE_SHARE: `${share}`,
    GOOGLE_CLOUD_PROJECT: 'bench',
  };
  /** Decoded between the measurements. */
  let spans = 0;
  const takeSpans = (): void => {
    for (const body of received.splice(0)) spans += readSpans(body, Date.now()).length;
  };
  const servers = await Promise.all(
    KINDS.map(async (kind) => ({
      kind,
      server: await world.startNew(name, kind === 'traced' ? traced : {}),
    })),
  );
  const cpuOf = (kind: Kind): number =>
    servers.reduce((sum, one) => sum + (one.kind === kind ? cpuMs(one.server.pid) : 0), 0);
  try {
    for (const { server } of servers) world.cpu.give(server.pid, 1);
    const job = { kind: 'loops', ...turnOf(chunks), clients } as const;
    for (const { server } of servers) await world.load(server, { ...job, seconds: WARM_UP_SECONDS });
    await Bun.sleep(FLUSHED_MS);
    takeSpans();
    spans = 0;
    const used: Record<Kind, Used> = { plain: { turns: 0, each: [] }, traced: { turns: 0, each: [] } };
    const before = { plain: cpuOf('plain'), traced: cpuOf('traced') };
    let errors = 0;
    for (let pair = 0; pair < pairs; pair += 1) {
      const two = pair % 2 === 0 ? servers.slice(0, 2) : servers.slice(2);
      for (const { kind, server } of pair % 4 < 2 ? two : two.toReversed()) {
        const beganMs = cpuMs(server.pid);
        const result = await world.load(server, { ...job, seconds });
        used[kind].turns += result.turns;
        used[kind].each.push((cpuMs(server.pid) - beganMs) / Math.max(1, result.turns));
        errors += result.errors;
        takeSpans();
      }
    }
    await Bun.sleep(FLUSHED_MS);
    takeSpans();
    const perTurn = (kind: Kind): number => (cpuOf(kind) - before[kind]) / Math.max(1, used[kind].turns);
    return {
      total: perTurn('traced') / perTurn('plain'),
      quartiles: lowerQuartile(used.traced.each) / lowerQuartile(used.plain.each),
      plainMs: perTurn('plain'),
      turns: used.plain.turns + used.traced.turns,
      spansPerTurn: spans / Math.max(1, used.traced.turns),
      errors,
    };
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
    await collector.stop(true);
  }
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}
