import type { RunStore } from '../runs/run-store.ts';

/** Polls until the condition holds; throws if it does not within the time. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come about in time.');
    await Bun.sleep(5);
  }
}

/** Waits until another process has taken the run over. */
export async function untilTakenOver(runId: string, store: RunStore): Promise<void> {
  await until(async () => (await store.get(runId))?.takeovers !== 0, 60_000);
}
