/** However soon something is expected, polls are this far apart, in milliseconds. */
const LEAST_MS = 100;

/** Decides when to poll the store: seldom, but soon if someone waits. Each poll costs a read. */
export class Watch {
  readonly everyMs: number;
  readonly #hurriedMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #isHurried = false;
  #expectedAt = Number.POSITIVE_INFINITY;

  constructor(everyMs: number, hurriedMs: number) {
    this.everyMs = everyMs;
    this.#hurriedMs = hurriedMs;
  }

  /** Someone waits for the result of the next poll. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Something may be found in this many milliseconds. Call it after a poll. */
  expectIn(ms: number): void {
    this.#expectedAt = performance.now() + Math.max(LEAST_MS, ms);
  }

  /** Milliseconds until then, as of the last poll; undefined if nothing is expected. */
  get expectedInMs(): number | undefined {
    if (this.#expectedAt === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#expectedAt - performance.now());
  }

  /** Whether it is time to poll; if so, counts the poll as done. */
  isDue(): boolean {
    const everyMs = this.#isHurried ? this.#hurriedMs : this.everyMs;
    const now = performance.now();
    if (now - this.#lastAt < everyMs && now < this.#expectedAt) return false;
    this.#lastAt = now;
    this.#isHurried = false;
    this.#expectedAt = Number.POSITIVE_INFINITY;
    return true;
  }
}
