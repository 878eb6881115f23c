export interface Schedulable {
  name: string;
  /** Cores that it keeps busy on average; left out where it must have the machine to itself. */
  cores?: number;
  /** Names of items that must end first; unknown names are ignored. */
  after?: readonly string[];
}

/**
 * Runs items side by side while the cores that they keep busy fit into `cores`, in the order given; where the next one
 * does not fit yet, a later one that does goes before it. Those that must be alone come when all others have ended, so
 * that the machine is not half empty before each of them. A failure of `run` is thrown on, and nothing more is begun.
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

/** What may begin now beside what runs. */
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
  // One that needs more than there is runs all the same: alone.
  const fits = shared.find((item) => running.length === 0 || busy + (item.cores ?? 0) <= cores);
  if (fits || running.length > 0 || shared.length > 0) return fits;
  return ready[0];
}
