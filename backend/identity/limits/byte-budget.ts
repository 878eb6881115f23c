import { AppError } from '../../errors/app-error.ts';

export interface ByteBudgetOptions {
  /** What all callers together may have in flight. */
  processBytes: number;
  /** What one caller may have in flight; at least the largest single body, or it could never be sent. */
  callerBytes: number;
}

/** Bytes that are counted until they are given back. */
export interface Held {
  /** What is counted now. */
  readonly bytes: number;
  /** Counts more; throws as `hold` does, and what was counted before stays. */
  grow(bytes: number): void;
  /** Gives all of it back; may be called more than once. */
  release(): void;
}

/** Requests as small as this are never refused for what other callers have in flight. */
const SMALL_BYTES = 64 * 1024;
const RETRY_AFTER = { 'retry-after': '2' };

/**
 * Bounds the bytes of bodies and answers that are held in memory at the same time, by the process and by each caller:
 * limits on how often someone calls bound no memory. What is counted is what is read or written; parsed and copied it takes
 * a few times as much, which MAX_VALUES bounds.
 */
export class ByteBudget {
  readonly #options: ByteBudgetOptions;
  readonly #byCaller = new Map<string, number>();
  #bytes = 0;

  constructor(options: ByteBudgetOptions) {
    this.#options = options;
  }

  get callerBytes(): number {
    return this.#options.callerBytes;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes bytes before memory is taken for them. Throws LIMIT_REACHED with Retry-After where there are too many already. */
  hold(caller: string, bytes: number): Held {
    let held = 0;
    const grow = (more: number): void => {
      const ofCaller = (this.#byCaller.get(caller) ?? 0) + more;
      const { callerBytes, processBytes } = this.#options;
      if (ofCaller > callerBytes)
        throw new AppError('LIMIT_REACHED', `At most ${callerBytes} bytes in flight at once`, {
          headers: RETRY_AFTER,
        });
      if (held + more > SMALL_BYTES && this.#bytes + more > processBytes)
        throw new AppError('LIMIT_REACHED', 'The service has too many bytes in flight', {
          headers: RETRY_AFTER,
        });
      held += more;
      this.#bytes += more;
      this.#byCaller.set(caller, ofCaller);
    };
    grow(bytes);
    return {
      get bytes() {
        return held;
      },
      grow,
      release: () => {
        this.#bytes -= held;
        const left = (this.#byCaller.get(caller) ?? 0) - held;
        if (left > 0) this.#byCaller.set(caller, left);
        else this.#byCaller.delete(caller);
        held = 0;
      },
    };
  }
}
