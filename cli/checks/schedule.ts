export interface Schedulable {
  name: string;
  /** Cores that it keeps busy on average; left out if it must run alone. */
  cores?: number;
  /** Names of items that must end first; unknown names are ignored. */
  after?: readonly string[];
}

/**
 * Runs items in parallel, in the given order, while their cores fit into `cores`; an item that fits overtakes one that
 * does not fit yet. Items that must run alone run at the end, so that the machine is not half idle before each of them.
 * If `run` throws, nothing more is started and the error is rethrown.
 */
export async function runSideBySide<T extends Schedulable>(
  items: readonly T[],
  cores: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const running = new Map<T, Promise<void>>();
  while (waiting.length > 0) {
    const item = nextOf(waiting, [...running.keys()], cores);
    if (item) {
      waiting.splice(waiting.indexOf(item), 1);
      running.set(
        item,
        run(item).finally(() => running.delete(item)),
      );
    } else if (running.size > 0) {
      await Promise.race(running.values());
    } else {
      throw new Error(`They wait for each other: ${waiting.map(({ name }) => name).join(', ')}`);
    }
  }
  await Promise.all(running.values());
}

/** The next item that may start beside the running ones. */
function nextOf<T extends Schedulable>(
  waiting: readonly T[],
  running: readonly T[],
  cores: number,
): T | undefined {
  if (running.some((item) => item.cores === undefined)) return undefined;
  const busy = running.reduce((sum, item) => sum + (item.cores ?? 0), 0);
  const ahead = new Set([...waiting, ...running].map(({ name }) => name));
  const ready = waiting.filter(({ after = [] }) => !after.some((name) => ahead.has(name)));
  const shared = ready.filter((item) => item.cores !== undefined);
  // An item that needs more cores than there are runs alone.
  const fits = shared.find((item) => running.length === 0 || busy + (item.cores ?? 0) <= cores);
  if (fits || running.length > 0 || shared.length > 0) return fits;
  return ready[0];
}
