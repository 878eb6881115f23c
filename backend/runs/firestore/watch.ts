/** Decides when to poll the store: seldom, but soon if someone waits. Each poll costs a read. */
export class Watch {
  readonly #everyMs: number;
  readonly #hurriedMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isHurried = false;

  constructor(everyMs: number, hurriedMs: number) {
    this.#everyMs = everyMs;
    this.#hurriedMs = hurriedMs;
  }

  /** Someone waits for the result of the next poll. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Whether it is time to poll; if so, counts the poll as done. */
  isDue(): boolean {
    const everyMs = this.#isHurried ? this.#hurriedMs : this.#everyMs;
    const now = performance.now();
    if (now - this.#lastAt < everyMs) return false;
    this.#lastAt = now;
    this.#isHurried = false;
    return true;
  }
}
