import { abortableSleep } from '../model/with-retries.ts';
import type { ActiveRuns } from './active-runs.ts';
import { inBatches } from './frame-log.ts';
import { hasEnded, type EndState, type Frame } from './run.ts';
import type { RunStore } from './run-store.ts';

/**
 * Yields the frames of a run from the store, from `fromIndex` on; ends with the run, or when it is no longer stored.
 * If this process takes the run over (it is then among `active`), the listener gets its frames without the store.
 * Returns the run's end state; undefined if the listener left first.
 */
export async function* followStored(
  store: RunStore,
  runId: string,
  fromIndex: number,
  signal: AbortSignal | undefined,
  active?: ActiveRuns,
): AsyncGenerator<readonly Frame[], EndState | undefined> {
  let index = fromIndex;
  for (;;) {
    if (signal?.aborted) return undefined;
    const live = active?.get(runId);
    if (live) {
      yield* live.batches(index, signal);
      return hasEnded(live.state) ? live.state : undefined;
    }
    const stored = await store.frames(runId, index);
    if (!stored) return undefined;
    for (const frames of inBatches(stored.frames)) {
      yield frames;
      index = (frames.at(-1)?.index ?? index) + 1;
      if (signal?.aborted) return undefined;
    }
    if (hasEnded(stored.state)) return stored.state;
    const { lookEveryMs } = store.pacing;
    await (active ? active.sleepUntilHere(runId, lookEveryMs, signal) : abortableSleep(lookEveryMs, signal));
  }
}
