/** When the store is to be asked again: seldom, but soon where someone waits. Each look costs a read. */
export class Watch {
  readonly #everyMs: number;
  readonly #hurriedMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isHurried = false;

  constructor(everyMs: number, hurriedMs: number) {
    this.#everyMs = everyMs;
    this.#hurriedMs = hurriedMs;
  }

  /** Someone waits for what the next look may find. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Whether it is time to look; if so, counts the look as done. */
  isDue(): boolean {
    const everyMs = this.#isHurried ? this.#hurriedMs : this.#everyMs;
    const now = performance.now();
    if (now - this.#lastAt < everyMs) return false;
    this.#lastAt = now;
    this.#isHurried = false;
    return true;
  }
}
