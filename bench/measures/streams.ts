import { runLoad } from '../load/run-load.ts';
import { mostMemoryDuring, residentBytes } from '../process-usage.ts';
import type { TargetName, Targets } from '../targets.ts';

/** Many streams at once through one process. */
export interface Streams {
  asked: number;
  mostAtOnce: number;
  errors: number;
  errorSamples: string[];
  /** Time to the first token, in milliseconds. */
  firstTokenMs: { p50: number; p99: number };
  /** How much later than the model's own pace a whole answer was there, in milliseconds. */
  lateMs: { p50: number; p99: number };
  /** Growth of resident memory from before the streams to its peak, in bytes a stream. */
  bytesPerStream: number;
}

const CHUNKS = 20;
const EVERY_MS = 300;
const RAMP_MS = 3_000;

/** Each answer takes 5.7 s and all begin within 3 s, so that all of them are open together. */
export async function measureStreams(
  { servers }: Targets,
  name: TargetName,
  streams: number,
): Promise<Streams> {
  const { url, pid } = servers[name];
  const before = residentBytes(pid);
  const { result, mostBytes } = await mostMemoryDuring(pid, () =>
    runLoad({
      kind: 'streams',
      url,
      app: 'plain',
      text: `hello in ${CHUNKS} chunks every ${EVERY_MS} ms`,
      frames: CHUNKS,
      clients: streams,
      rampMs: RAMP_MS,
    }),
  );
  const paceMs = (CHUNKS - 1) * EVERY_MS;
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
