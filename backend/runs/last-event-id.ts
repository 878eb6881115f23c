import { AppError } from '../errors/app-error.ts';

/** How far the indexes of two carriers of a run are apart where frames are shown before they are stored. */
const CARRIER_STRIDE = 1_000_000;

/** Of the first frame that the carrier after `takeovers` earlier ones makes; none of them can have shown it. */
export function firstIndexOf(takeovers: number): number {
  return takeovers * CARRIER_STRIDE;
}

/** The SSE id of a frame: the run and the frame's index. */
export function frameId(runId: string, index: number): string {
  return `${runId}:${index}`;
}

/**
 * The first frame to send to a listener that has seen `lastEventId`. Where it asked for whatever run is under way, an id
 * of an earlier run means that it has seen nothing of this one.
 * Throws BAD_LAST_EVENT_ID for anything else that is not the id of a frame of this run.
 */
export function fromIndexAfter(lastEventId: string, runId: string, count: number, isAnyRun: boolean): number {
  const [, ofRun, digits] = /^(.+):(\d{1,9})$/.exec(lastEventId) ?? [];
  if (ofRun === undefined) throw new AppError('BAD_LAST_EVENT_ID');
  if (ofRun !== runId) {
    if (isAnyRun) return 0;
    throw new AppError('BAD_LAST_EVENT_ID', 'Last-Event-ID belongs to another run.');
  }
  const next = Number(digits) + 1;
  if (next > count) throw new AppError('BAD_LAST_EVENT_ID', 'This run has not come so far.');
  return next;
}
