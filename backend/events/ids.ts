/** Ids in Python ADK's forms, so that a reader can't tell which cloud made them. */
export const newEventId = (): string => crypto.randomUUID();
export const newInvocationId = (): string => `e-${crypto.randomUUID()}`;
/** The invocation of a state change that no agent made (PATCH of a session). */
export const newPatchInvocationId = (): string => `p-${crypto.randomUUID()}`;

/**
 * The timestamp to store for an event, in milliseconds with microseconds behind the point: never before nor
 * equal to the one before it, because Python orders a session by timestamp alone.
 */
export function nextTimestamp(wantedMs: number, lastMs: number): number {
  const wantedUs = Math.round(wantedMs * 1000);
  const lastUs = Math.round(lastMs * 1000);
  return Math.max(wantedUs, lastUs + 1) / 1000;
}
