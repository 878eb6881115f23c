/**
 * Runs light items at most `lanes` at a time and heavy ones alone, in the order given: a heavy one waits for what runs,
 * and what follows waits for it.
 */
export async function runInLanes<T extends { light?: boolean }>(
  items: readonly T[],
  lanes: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const item of items) {
    const room = item.light ? lanes : 1;
    while (running.size >= room) await Promise.race(running);
    const task: Promise<void> = run(item).finally(() => running.delete(task));
    running.add(task);
    if (!item.light) await task;
  }
  await Promise.all(running);
}
