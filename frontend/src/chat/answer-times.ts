/** Seconds from sending a message, as this page measured them. */
export interface AnswerTimes {
  firstWord: number;
  /** To the last frame; absent if the connection was lost on the way. */
  whole?: number;
}

/** By invocation, while the page is open. */
const measured = new Map<string, AnswerTimes>();

export const timesOf = (invocationId: string | undefined): AnswerTimes | undefined =>
  invocationId === undefined ? undefined : measured.get(invocationId);

/** Called with each frame of an answer. `sentMs` is absent if this page has not seen all of the answer. */
export function noteFrame(invocationId: string | undefined, sentMs: number | undefined): void {
  if (invocationId === undefined) return;
  const before = measured.get(invocationId);
  if (sentMs !== undefined) {
    const whole = (performance.now() - sentMs) / 1_000;
    measured.set(invocationId, { firstWord: before?.firstWord ?? whole, whole });
  } else if (before) measured.set(invocationId, { firstWord: before.firstWord });
}
