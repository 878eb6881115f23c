import { abortableSleep } from '../model/with-retries.ts';
import type { Frame } from './run.ts';
import type { RunStore } from './run-store.ts';

/** How often a run of another process is looked at. */
const LOOK_EVERY_MS = 50;

/** The frames of a run as the store gets them, from `fromIndex` on; ends with the run, or where it is no longer kept. */
export async function* followStored(
  store: RunStore,
  runId: string,
  fromIndex: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame> {
  for (let index = fromIndex; !signal?.aborted;) {
    const stored = await store.frames(runId, index);
    if (!stored) return;
    for (const frame of stored.frames) {
      yield frame;
      index = frame.index + 1;
      if (signal?.aborted) return;
    }
    if (stored.state !== 'running') return;
    await abortableSleep(LOOK_EVERY_MS, signal);
  }
}
