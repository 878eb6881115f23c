import { AppError } from '../errors/app-error.ts';

/**
 * Where frames are shown before they are stored, a process may die with frames that were seen and never stored. Each
 * process of a run then has a range of indexes of its own, so that no index stands for two frames.
 */
const INDEXES_OF_A_PROCESS = 1_000_000;

/** Index of the first frame of the process that works on a run after `takeovers` others. */
export function firstIndexOf(takeovers: number): number {
  return takeovers * INDEXES_OF_A_PROCESS;
}

/** Which process of a run made a frame: how many worked on the run before. Always 0 where frames are stored first. */
export function processOf(index: number): number {
  return Math.floor(Math.max(0, index) / INDEXES_OF_A_PROCESS);
}

/** The SSE id of a frame. Opaque to clients, who hand it back as it is. */
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
