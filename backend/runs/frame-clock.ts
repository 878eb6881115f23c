/**
 * Decides when collected frames are stored. Runs that share a clock store at the same moments, in one commit: with
 * thousands of streams, separate commits would be most of their cost.
 */
export class FrameClock {
  readonly #everyMs: number;
  #lastAt = performance.now();
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Calls `store` once, at most `everyMs` from now; at once if the last moment is longer ago than that. */
  next(store: () => void): void {
    if (this.#waiting.push(store) > 1) return;
    const waitMs = this.#lastAt + this.#everyMs - performance.now();
    if (waitMs <= 0) this.#strike();
    else this.#timer = setTimeout(() => this.#strike(), waitMs);
  }

  /** Calls `store` now, together with the waiting ones: a write that is made anyway includes them. */
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
