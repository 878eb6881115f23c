const GROWTH = 1.5;

/**
 * Decides when collected frames are stored. Runs that share a clock store at the same moments, in one commit: with
 * thousands of streams, separate commits would be most of their cost.
 */
export class FrameClock {
  readonly #longestMs: number;
  #everyMs: number;
  #lastAt = performance.now();
  #hasStruck = false;
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `firstMs`: the first interval, from which they grow to `everyMs`. */
  constructor(everyMs: number, firstMs = everyMs) {
    this.#longestMs = everyMs;
    this.#everyMs = Math.min(firstMs, everyMs);
  }

  /** Calls `store` once, at most an interval from now; at once if the last moment is longer ago than that. */
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
    if (this.#hasStruck) this.#everyMs = Math.min(this.#everyMs * GROWTH, this.#longestMs);
    this.#hasStruck = true;
    this.#lastAt = performance.now();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const store of waiting) store();
  }
}
