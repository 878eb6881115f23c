import { AppError } from '../errors/app-error.ts';

/** The SSE id of a frame. Opaque to clients, which send it back unchanged. */
export function frameId(runId: string, index: number): string {
  return `${runId}:${index}`;
}

/**
 * The first frame for a listener that has seen `lastEventId`. If it asks for the running run, an id of an earlier run
 * means that it has seen nothing of this one. Throws BAD_LAST_EVENT_ID for any other id that is not of this run.
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
