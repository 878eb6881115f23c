/** Polls until the condition holds; throws if it does not within the time. */
export async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It did not come about in time.');
    await Bun.sleep(5);
  }
}
