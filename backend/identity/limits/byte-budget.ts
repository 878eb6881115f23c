import { AppError } from '../../errors/app-error.ts';

export interface ByteBudgetOptions {
  /** Most bytes in flight for all callers together. */
  processBytes: number;
  /** Most bytes in flight for one caller; at least the largest single body, or it could never be sent. */
  callerBytes: number;
}

/** Bytes that are counted until they are given back. */
export interface Held {
  /** Bytes counted now. */
  readonly bytes: number;
  /** Counts more bytes. Throws as `hold` does; earlier bytes stay counted. */
  grow(bytes: number): void;
  /** Releases all of them; may be called more than once. */
  release(): void;
}

/** Requests up to this size are never refused because of other callers. */
const SMALL_BYTES = 64 * 1024;
const RETRY_AFTER = { 'retry-after': '2' };

/**
 * Limits the bytes of bodies and responses in memory at the same time, per process and per caller: request rate limits
 * do not bound memory. Counts the bytes read or written; the parsed form takes a few times as much, which MAX_VALUES
 * bounds.
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

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Reserves bytes before memory is taken for them. Throws LIMIT_REACHED with Retry-After if the limit would be
   * exceeded.
   */
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
