/** Asks until there is an answer; fails after a while. */
export async function until<T>(ask: () => Promise<T | undefined>, withinMs = 15_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > giveUpAt) throw new Error('It did not happen in time.');
    await Bun.sleep(20);
  }
}
