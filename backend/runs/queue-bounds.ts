import { AppError } from '../errors/app-error.ts';

/** Most queued messages of one session, and the total bytes of their requests. */
export const MOST_QUEUED = 10;
export const MOST_QUEUED_BYTES = 500_000;

const RETRY_AFTER = { 'retry-after': '5' };

/** Throws QUEUE_FULL if a request of `bytes` does not fit beside the waiting ones. */
export function assertRoom(waiting: { count: number; bytes: number }, bytes: number): void {
  const detail =
    waiting.count >= MOST_QUEUED
      ? `At most ${MOST_QUEUED} messages may wait in one session.`
      : `The messages that wait in one session may have ${MOST_QUEUED_BYTES} bytes together, files included.`;
  if (waiting.count >= MOST_QUEUED || waiting.bytes + bytes > MOST_QUEUED_BYTES)
    throw new AppError('QUEUE_FULL', detail, { headers: RETRY_AFTER });
}
