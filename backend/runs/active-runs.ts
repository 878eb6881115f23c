import type { Run } from './run.ts';

/** The runs that this process executes, by id. */
export class ActiveRuns<R extends Run = Run> extends Map<string, R> {
  readonly #waiting = new Map<string, Set<() => void>>();

  override set(runId: string, run: R): this {
    super.set(runId, run);
    for (const wake of this.#waiting.get(runId) ?? []) wake();
    return this;
  }

  /** Sleeps until this process begins to execute the run, at most `ms`. Returns early when the signal aborts. */
  async sleepUntilHere(runId: string, ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const waiting = this.#waiting.get(runId) ?? new Set();
    this.#waiting.set(runId, waiting);
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(runId) === waiting) this.#waiting.delete(runId);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
