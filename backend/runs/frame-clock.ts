/**
 * When gathered frames are stored. Runs that share a clock store at the same moment, which makes one commit of many:
 * with thousands of streams, commits of their own would be most of what they cost.
 */
export class FrameClock {
  readonly #everyMs: number;
  #lastAt = performance.now();
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Calls `store` once, at most `everyMs` from now: at once where the last moment is longer ago than that. */
  next(store: () => void): void {
    if (this.#waiting.push(store) > 1) return;
    const waitMs = this.#lastAt + this.#everyMs - performance.now();
    if (waitMs <= 0) this.#strike();
    else this.#timer = setTimeout(() => this.#strike(), waitMs);
  }

  /** Calls `store` now, and with it what waits: a write that is made anyway takes along what there is. */
  now(store: () => void): void {
    this.#waiting.push(store);
    this.#strike();
  }

  #strike(): void {
    clearTimeout(this.#timer);
    this.#lastAt = performance.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const store of waiting) store();
  }
}
