import { AppError } from '../errors/app-error.ts';

/** Ids in Python ADK's format, so that a reader can't tell which cloud made them. */
export const newEventId = (): string => crypto.randomUUID();
export const newInvocationId = (): string => `e-${crypto.randomUUID()}`;
/** Invocation id of a state change without an agent (PATCH of a session). */
export const newPatchInvocationId = (): string => `p-${crypto.randomUUID()}`;

/** The last millisecond of the year 9999: the latest that Firestore and Python's datetime can hold. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The timestamp to store for an event, in milliseconds with microseconds as fraction: always later than the previous
 * event's, because Python orders a session by timestamp alone. Throws NOT_STORABLE beyond the year 9999.
 */
export function nextTimestamp(wantedMs: number, lastMs: number): number {
  const wantedUs = Math.round(wantedMs * 1000);
  const lastUs = Math.round(lastMs * 1000);
  const next = Math.max(wantedUs, lastUs + 1) / 1000;
  if (next > LATEST_MS)
    throw new AppError('NOT_STORABLE', 'The timestamp of an event is in seconds, and before the year 10000.');
  return next;
}
