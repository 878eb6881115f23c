/** Polls until the result is neither undefined nor false, and returns it; throws if that takes too long. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 15_000, what = 'It' } = {},
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > giveUpAt) throw new Error(`${what} did not happen within ${withinMs} ms.`);
    await Bun.sleep(20);
  }
}

/** Retries calls that a dying process may have refused; only for idempotent calls. */
export async function patiently<T>(work: () => Promise<T>, patienceMs = 10_000): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await Bun.sleep(100);
    }
  }
}
