export interface RedemptionLimitOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Sign-ins that may finish at once: per address, and in total. */
  burst?: { address: number; process: number };
  /** After that, one more per this many milliseconds. */
  everyMs?: { address: number; process: number };
}

/** Filled with time: whole milliseconds do not drift. */
interface Bucket {
  creditMs: number;
  atMs: number;
}

const MOST_ADDRESSES = 10_000;
/** Lifetime of an attempt. */
const REMEMBERED_MS = 600_000;

/**
 * Limits how often sign-in callbacks make us call the issuer, because anybody can send one: an attempt is redeemed
 * once, and each address and the whole process have a token bucket. Counted in memory, per process.
 */
export class RedemptionLimit {
  readonly #options: Required<RedemptionLimitOptions>;
  readonly #addresses = new Map<string, Bucket>();
  readonly #process: Bucket;
  readonly #redeemed = new Map<string, number>();

  constructor(options: RedemptionLimitOptions) {
    this.#options = {
      burst: { address: 10, process: 60 },
      everyMs: { address: 6_000, process: 500 },
      ...options,
    };
    const { burst, everyMs } = this.#options;
    this.#process = { creditMs: burst.process * everyMs.process, atMs: options.now() };
  }

  /** Milliseconds to wait; 0 if the issuer may be called now, which is then counted. */
  take(address: string): number {
    const nowMs = this.#options.now();
    const { burst, everyMs } = this.#options;
    const full = burst.address * everyMs.address;
    const own = this.#addresses.get(address) ?? { creditMs: full, atMs: nowMs };
    this.#addresses.delete(address);
    this.#addresses.set(address, own);
    if (this.#addresses.size > MOST_ADDRESSES)
      this.#addresses.delete(this.#addresses.keys().next().value ?? '');
    refill(own, nowMs, full);
    refill(this.#process, nowMs, burst.process * everyMs.process);
    if (own.creditMs < everyMs.address) return everyMs.address - own.creditMs;
    if (this.#process.creditMs < everyMs.process) return everyMs.process - this.#process.creditMs;
    own.creditMs -= everyMs.address;
    this.#process.creditMs -= everyMs.process;
    return 0;
  }

  /** Whether this attempt is redeemed here for the first time. */
  isFirst(state: string): boolean {
    const nowMs = this.#options.now();
    for (const [known, atMs] of this.#redeemed) {
      if (atMs > nowMs - REMEMBERED_MS) break;
      this.#redeemed.delete(known);
    }
    if (this.#redeemed.has(state)) return false;
    this.#redeemed.set(state, nowMs);
    return true;
  }
}

function refill(bucket: Bucket, nowMs: number, fullMs: number): void {
  bucket.creditMs = Math.min(fullMs, bucket.creditMs + Math.max(0, nowMs - bucket.atMs));
  bucket.atMs = nowMs;
}
