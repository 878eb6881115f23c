import type { AdkEvent } from '../api/types.ts';

/** Frames of a process that took a run over are numbered from another million on (docs/runs.md). */
const CARRIER_STRIDE = 1_000_000;

/** Which of a run's processes sent a frame, by its id; undefined where frames are not numbered. */
export function carrierOf(lastEventId: string | undefined): string | undefined {
  const [, run, index] = /^(.+):(\d+)$/.exec(lastEventId ?? '') ?? [];
  return run === undefined ? undefined : `${run}:${Math.floor(Number(index) / CARRIER_STRIDE)}`;
}

/** What an earlier process had begun to say and may not have kept: the next one says all of it that counts. */
export function withoutUnfinished(events: readonly AdkEvent[]): AdkEvent[] {
  return events.filter(({ partial }) => !partial);
}
