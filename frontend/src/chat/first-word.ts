/** Seconds from sending to the first frame, by invocation; measured by this page while it is open. */
const seen = new Map<string, number>();

export const firstWordSeconds = (invocationId: string | undefined): number | undefined =>
  invocationId === undefined ? undefined : seen.get(invocationId);

/** Called with each frame; the first of an invocation counts. */
export function noteFirstWord(invocationId: string | undefined, sentMs: number | undefined): void {
  if (invocationId === undefined || sentMs === undefined || seen.has(invocationId)) return;
  seen.set(invocationId, (performance.now() - sentMs) / 1_000);
}
