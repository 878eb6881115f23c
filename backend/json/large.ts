/** From here on to parse, to print or to copy a text takes tens of milliseconds: other requests go between two such steps. */
const LARGE_CHARS = 1024 * 1024;
/** From here on what a step leaves behind is freed at once: garbage of a few such steps would fill the memory of a task. */
const HUGE_CHARS = 8 * 1024 * 1024;

let last: Promise<void> = Promise.resolve();

/**
 * A turn of the event loop of one's own: of several large works that wait for theirs one goes on at a time, and others have
 * theirs in between.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => void setImmediate(resolve)));
  return last;
}

/** To be awaited between two steps of work on something of this size; costs nothing where it is small. */
export async function afterLargeStep(chars: number): Promise<void> {
  if (chars < LARGE_CHARS) return;
  await ownTurn();
  if (chars < HUGE_CHARS) return;
  Bun.gc(true);
  await ownTurn();
}
