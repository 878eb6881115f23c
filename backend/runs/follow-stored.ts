import { abortableSleep } from '../model/with-retries.ts';
import { hasEnded, type EndState, type Frame } from './run.ts';
import type { RunStore } from './run-store.ts';

/**
 * Yields the frames of a run from the store, from `fromIndex` on; ends with the run, or when it is no longer stored.
 * Returns the run's end state; undefined if the listener left first.
 */
export async function* followStored(
  store: RunStore,
  runId: string,
  fromIndex: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame, EndState | undefined> {
  let index = fromIndex;
  for (;;) {
    if (signal?.aborted) return undefined;
    const stored = await store.frames(runId, index);
    if (!stored) return undefined;
    for (const frame of stored.frames) {
      yield frame;
      index = frame.index + 1;
      if (signal?.aborted) return undefined;
    }
    if (hasEnded(stored.state)) return stored.state;
    await abortableSleep(store.pacing.lookEveryMs, signal);
  }
}
