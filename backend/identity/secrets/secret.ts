/** A secret that may change while the service runs. */
export interface Secret {
  /** The newest known value; call it for every use. */
  current(): string;
  /** Looks for a value other than the refused one; true if `current` then returns one. Never throws. */
  refresh(refused: string): Promise<boolean>;
}

/** A secret that only a restart changes. */
export function fixedSecret(value: string): Secret {
  return { current: () => value, refresh: async () => false };
}

/** Shortest time between two reads by `refresh`, so that refused calls cannot flood the source. */
const LEAST_INTERVAL_MS = 2_000;

export interface RotatingSecretOptions {
  /** For logs; never the value. */
  name: string;
  initial: string;
  read: () => Promise<string>;
  now: () => number;
  onRotated?: (name: string) => void;
  onFailure?: (name: string, error: unknown) => void;
}

export interface RotatingSecret extends Secret {
  /** Reads the source once; if that fails, the current value stays. */
  poll(): Promise<void>;
}

/** A secret that is re-read from its source; an outage or an empty value there changes nothing. */
export function createRotatingSecret(options: RotatingSecretOptions): RotatingSecret {
  const { name, read, now } = options;
  let value = options.initial;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    readAtMs = now();
    try {
      const next = await read();
      if (next !== '' && next !== value) {
        value = next;
        options.onRotated?.(name);
      }
    } catch (error) {
      options.onFailure?.(name, error);
    }
  }

  async function poll(): Promise<void> {
    pending ??= readOnce().finally(() => {
      pending = undefined;
    });
    await pending;
  }

  return {
    current: () => value,
    poll,
    async refresh(refused) {
      if (value !== refused) return true;
      const sinceMs = now() - readAtMs;
      // The clock may have been put back.
      if (pending !== undefined || sinceMs >= LEAST_INTERVAL_MS || sinceMs < 0) await poll();
      return value !== refused;
    },
  };
}
