/**
 * From this size, parsing, printing or copying a text takes tens of milliseconds, so other requests run between two
 * such steps.
 */
export const LARGE_CHARS = 1024 * 1024;
/**
 * After steps of this size together, garbage is collected at once: the runtime collects it too late, and the garbage of
 * one request's steps would fill a task's memory.
 */
const COLLECT_AFTER_CHARS = 8 * 1024 * 1024;

let uncollected = 0;
let last: Promise<void> = Promise.resolve();

/**
 * Waits for a separate turn of the event loop: of several large works only one continues per turn, and other requests
 * run in between.
 */
export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((resolve) => void setImmediate(resolve)));
  return last;
}

/** Await it between two steps of work on something of this size; returns at once if it is small. */
export async function afterLargeStep(chars: number): Promise<void> {
  if (chars < LARGE_CHARS) return;
  await ownTurn();
  uncollected += chars;
  if (uncollected < COLLECT_AFTER_CHARS) return;
  uncollected = 0;
  Bun.gc(true);
  await ownTurn();
}
