import { cpuMs, mostMemoryDuring, residentBytes } from '../process-usage.ts';
import { serverOf, type PerTarget, type TargetName, type World } from '../world.ts';

/** Results of many concurrent streams through one process. */
export interface Streams {
  asked: number;
  mostAtOnce: number;
  errors: number;
  errorSamples: string[];
  /** 99th percentile of how much later a complete answer was than the model's own pace, in milliseconds. */
  lateP99Ms: number;
  /** Growth of resident memory to its peak during the streams, in bytes per stream. */
  bytesPerStream: number;
}

const CHUNKS = 20;
/**
 * The starts and chunks a second that leave two cores some room (decision 0089): with more streams, each is slower. All
 * streams are open together.
 */
const STARTS_PER_SECOND = 280;
const CHUNKS_PER_SECOND = 5_000;

/** Starts `streams` streams, each an answer in 20 chunks, and reads all of them to their end. */
export async function measureStreams(world: World, name: TargetName, streams: number): Promise<Streams> {
  const server = serverOf(world, name);
  const before = residentBytes(server.pid);
  const rampMs = (streams * 1_000) / STARTS_PER_SECOND;
  const everyMs = Math.round(Math.max((streams * 1_000) / CHUNKS_PER_SECOND, (rampMs * 1.1) / (CHUNKS - 1)));
  const paceMs = (CHUNKS - 1) * everyMs;
  const { result, mostBytes } = await mostMemoryDuring(server.pid, () =>
    world.load(server, {
      kind: 'streams',
      text: `hello in ${CHUNKS} chunks every ${everyMs} ms`,
      frames: CHUNKS,
      clients: streams,
      rampMs,
      paceMs,
    }),
  );
  return {
    asked: streams,
    mostAtOnce: result.mostAtOnce,
    errors: result.errors,
    errorSamples: result.errorSamples,
    lateP99Ms: result.lateMs.p99,
    bytesPerStream: Math.max(0, mostBytes - before) / streams,
  };
}

const SLOW = { count: 100, chunks: 20, everyMs: 500 };

/** CPU for one second of a stream with two chunks a second, without the cost of a turn that is answered immediately. */
export async function measureStreamSecond(
  world: World,
  turnMs: PerTarget<number>,
): Promise<PerTarget<number>> {
  const { count, chunks, everyMs } = SLOW;
  const found: PerTarget<number> = {};
  for (const name of ['firestore', 'sqlite'] as const) {
    const server = serverOf(world, name);
    const text = `hello in ${chunks} chunks every ${everyMs} ms`;
    const before = cpuMs(server.pid);
    await world.load(server, { kind: 'streams', text, frames: chunks, clients: count, rampMs: 2_000 });
    const perStream = (cpuMs(server.pid) - before) / count - (turnMs[name] ?? 0);
    found[name] = Math.max(0, perStream) / ((chunks * everyMs) / 1_000);
  }
  return found;
}
