import { runLoad } from '../load/run-load.ts';
import { mostMemoryDuring, residentBytes } from '../process-usage.ts';
import type { TargetName, Targets } from '../targets.ts';

/** Results of many concurrent streams through one process. */
export interface Streams {
  asked: number;
  mostAtOnce: number;
  errors: number;
  errorSamples: string[];
  /** Time to the first token, in milliseconds. */
  firstTokenMs: { p50: number; p99: number };
  /** Delay of a complete answer compared to the model's own pace, in milliseconds. */
  lateMs: { p50: number; p99: number };
  /** Growth of resident memory to its peak during the streams, in bytes per stream. */
  bytesPerStream: number;
}

const CHUNKS = 20;

/**
 * How fast streams start and how fast the model writes, in milliseconds. In both paces all streams are open together.
 */
export const PACES = {
  /** 280 starts and 5,000 chunks a second: fits on two cores. */
  steady: { everyMs: 600, rampMs: 10_800 },
  /** 1,000 starts and 10,000 chunks a second: the longest wait is for a free core. */
  rush: { everyMs: 300, rampMs: 3_000 },
} as const;

type Pace = (typeof PACES)[keyof typeof PACES];

/** Starts `streams` streams at the pace, each an answer in 20 chunks, and reads all of them to their end. */
export async function measureStreams(
  { servers }: Targets,
  name: TargetName,
  streams: number,
  { everyMs, rampMs }: Pace,
): Promise<Streams> {
  const { url, pid } = servers[name];
  const before = residentBytes(pid);
  const { result, mostBytes } = await mostMemoryDuring(pid, () =>
    runLoad({
      kind: 'streams',
      url,
      app: 'plain',
      text: `hello in ${CHUNKS} chunks every ${everyMs} ms`,
      frames: CHUNKS,
      clients: streams,
      rampMs,
    }),
  );
  const paceMs = (CHUNKS - 1) * everyMs;
  return {
    asked: streams,
    mostAtOnce: result.mostAtOnce,
    errors: result.errors,
    errorSamples: result.errorSamples,
    firstTokenMs: result.firstTokenMs,
    lateMs: { p50: result.wholeMs.p50 - paceMs, p99: result.wholeMs.p99 - paceMs },
    bytesPerStream: Math.max(0, mostBytes - before) / streams,
  };
}

const COMPARED = ['pass-through', 'service'] as const;

/**
 * Alternating rounds of the pass-through and the service: for each, the round with the median p99, and the errors of
 * all rounds.
 */
export async function compareStreams(
  targets: Targets,
  streams: number,
  pace: Pace,
  rounds: number,
): Promise<Record<(typeof COMPARED)[number], Streams>> {
  const found = { 'pass-through': [] as Streams[], service: [] as Streams[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of COMPARED) found[name].push(await measureStreams(targets, name, streams, pace));
  }
  return { 'pass-through': middleOf(found['pass-through']), service: middleOf(found.service) };
}

function middleOf(rounds: readonly Streams[]): Streams {
  const sorted = rounds.toSorted((a, b) => a.lateMs.p99 - b.lateMs.p99);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('Nothing was measured.');
  return {
    ...middle,
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    errorSamples: rounds.flatMap(({ errorSamples }) => errorSamples).slice(0, 3),
  };
}
