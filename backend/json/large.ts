/** From here on to parse, to print or to copy a text takes tens of milliseconds: other requests go between two such steps. */
const LARGE_CHARS = 1024 * 1024;
/** From here on what a step leaves behind is freed at once: garbage of a few such steps would fill the memory of a task. */
const HUGE_CHARS = 8 * 1024 * 1024;

/** To be awaited between two steps of work on something of this size; costs nothing where it is small. */
export async function afterLargeStep(chars: number): Promise<void> {
  if (chars < LARGE_CHARS) return;
  await new Promise(setImmediate);
  if (chars < HUGE_CHARS) return;
  Bun.gc(true);
  await new Promise(setImmediate);
}
