import { AppError } from '../errors/app-error.ts';

/** Messages that may wait for their turn in one session, and the bytes of their requests together. */
export const MOST_QUEUED = 10;
export const MOST_QUEUED_BYTES = 500_000;

const RETRY_AFTER = { 'retry-after': '5' };

/** Throws QUEUE_FULL where a request of `bytes` has no room beside those that wait. */
export function assertRoom(waiting: { count: number; bytes: number }, bytes: number): void {
  const detail =
    waiting.count >= MOST_QUEUED
      ? `At most ${MOST_QUEUED} messages may wait in one session.`
      : `The messages that wait in one session may have ${MOST_QUEUED_BYTES} bytes together, files included.`;
  if (waiting.count >= MOST_QUEUED || waiting.bytes + bytes > MOST_QUEUED_BYTES)
    throw new AppError('QUEUE_FULL', detail, { headers: RETRY_AFTER });
}
