import { AppError } from '../errors/app-error.ts';
import { LONGEST_OUTAGE_MS } from '../firestore/calling.ts';
import { abortableSleep } from '../model/with-retries.ts';
import type { ActiveRuns } from './active-runs.ts';
import { inBatches } from './frame-log.ts';
import { hasEnded, type EndState, type Frame } from './run.ts';
import type { RunStore } from './run-store.ts';

/**
 * Yields the frames of a run from the store, from `fromIndex` on; ends with the run, or when it is no longer stored.
 * If this process takes the run over (it is then among `active`), the listener gets its frames without the store.
 * Returns the run's end state; undefined if the listener left first. Throws STORE_UNAVAILABLE if the store was away for
 * too long.
 */
export async function* followStored(
  store: RunStore,
  runId: string,
  fromIndex: number,
  signal: AbortSignal | undefined,
  active?: ActiveRuns,
): AsyncGenerator<readonly Frame[], EndState | undefined> {
  const { lookEveryMs } = store.pacing;
  const sleep = (): Promise<void> =>
    active ? active.sleepUntilHere(runId, lookEveryMs, signal) : abortableSleep(lookEveryMs, signal);
  let index = fromIndex;
  let answeredAt = performance.now();
  for (;;) {
    if (signal?.aborted) return undefined;
    const live = active?.get(runId);
    if (live) {
      yield* live.batches(index, signal);
      return hasEnded(live.state) ? live.state : undefined;
    }
    const stored = await store.frames(runId, index).catch((error: unknown) => {
      const isAway = error instanceof AppError && error.code === 'STORE_UNAVAILABLE';
      if (!isAway || performance.now() - answeredAt > LONGEST_OUTAGE_MS) throw error;
      return 'away' as const;
    });
    if (stored === 'away') {
      await sleep();
      continue;
    }
    answeredAt = performance.now();
    if (!stored) return undefined;
    for (const frames of inBatches(stored.frames)) {
      yield frames;
      index = (frames.at(-1)?.index ?? index) + 1;
      if (signal?.aborted) return undefined;
    }
    if (hasEnded(stored.state)) return stored.state;
    await sleep();
  }
}
