export interface BreakerOptions {
  /** Consecutive failures after which calls are blocked. */
  mostFailures?: number;
  /** How long calls are blocked, in milliseconds. */
  pauseMs?: number;
  /** Milliseconds; monotonic. */
  clock?: () => number;
}

/**
 * Blocks calls to a peer that keeps failing; after a pause one call is the trial, and the others wait for its result.
 */
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

  /** Whether a call may be made now; a caller that gets true must report how the call ended. */
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

  /** The call ended without a result, because its caller abandoned it. */
  left(): void {
    this.#isTrying = false;
  }
}
