/** Repeats what a dying process may have refused; for calls that do no harm when they are made twice. */
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
