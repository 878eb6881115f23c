export interface BreakerOptions {
  /** Failures in a row after which nothing is tried for a while. */
  mostFailures?: number;
  /** How long nothing is tried then, in milliseconds. */
  pauseMs?: number;
  /** Milliseconds; monotonic. */
  clock?: () => number;
}

/** Leaves something alone that keeps failing; after a pause one call tries it, and the others wait for its result. */
export class CircuitBreaker {
  readonly #mostFailures: number;
  readonly #pauseMs: number;
  readonly #clock: () => number;
  #failures = 0;
  #openUntilMs = Number.NEGATIVE_INFINITY;
  #isTrying = false;

  constructor({ mostFailures = 3, pauseMs = 30_000, clock = () => performance.now() }: BreakerOptions = {}) {
    this.#mostFailures = mostFailures;
    this.#pauseMs = pauseMs;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#failures >= this.#mostFailures;
  }

  /** Whether a call may be made now; whoever is let through says how it ended. */
  enter(): boolean {
    if (!this.isOpen) return true;
    if (this.#isTrying || this.#clock() < this.#openUntilMs) return false;
    this.#isTrying = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isTrying = false;
  }

  failed(): void {
    this.#failures++;
    this.#isTrying = false;
    this.#openUntilMs = this.#clock() + this.#pauseMs;
  }

  /** The call ended without telling anything of the other side: its caller left. */
  left(): void {
    this.#isTrying = false;
  }
}
