import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { readJsonWithin } from '../read-json-within.ts';
import { KeysUnavailableError, TokenError } from './token-error.ts';

export interface KeySetOptions {
  url: string;
  fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Called when the issuer could not be reached; the current keys stay in use. */
  onOutage?: (error: unknown) => void;
  timeoutMs?: number;
}

/** Shortest time between two requests to the issuer, whatever callers send. */
const COOLDOWN_MS = 30_000;
/** The same while there are no keys, so that a service that started during an outage recovers soon. */
const EMPTY_COOLDOWN_MS = 2_000;
/** Older keys are refreshed in the background. */
const MAX_AGE_MS = 10 * 60_000;
/** How long keys stay in use while the issuer cannot be reached. */
const MAX_STALE_MS = 24 * 3_600_000;

// The load balancer has the same limit (AWS, "Verify JWTs using an Application Load Balancer").
const MAX_KEY_SET_BYTES = 150 * 1024;

export type LocalKeys = ReturnType<typeof createLocalJWKSet>;
export type VerificationKey = Awaited<ReturnType<LocalKeys>>;

/**
 * An issuer's public keys. jose selects and imports the key; this class adds what its remote set lacks: keys that
 * survive an outage, a cool-down that also counts failed requests, and a limit on the response's size.
 */
export class KeySet {
  readonly #options: Required<Omit<KeySetOptions, 'onOutage'>> & Pick<KeySetOptions, 'onOutage'>;
  #keys: LocalKeys | undefined;
  #loadedAtMs = Number.NEGATIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #lastFailure: unknown;
  #pending: Promise<LocalKeys> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = { timeoutMs: 5_000, ...options };
  }

  /** The keys in use, the same object until they are loaded again; undefined if there are none. */
  current(): LocalKeys | undefined {
    const ageMs = this.#options.now() - this.#loadedAtMs;
    if (ageMs > MAX_STALE_MS) this.#keys = undefined;
    const held = this.#keys;
    // Callers that need a new key wait for it in `find`; the others do not.
    const isOld = ageMs > MAX_AGE_MS || ageMs < 0;
    if (held !== undefined && isOld) this.#load().catch(() => undefined);
    return held;
  }

  /** The key that a token's header names. Throws TokenError('signature') or KeysUnavailableError. */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<VerificationKey> => {
    const keys = this.current() ?? (await this.#load());
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw new TokenError('signature', { cause: error });
    }
    if (this.#pending === undefined && this.#coolingDown()) {
      if (this.#lastFailure !== undefined) throw this.#unavailable();
      throw new TokenError('signature');
    }
    const newer = await this.#load();
    try {
      return await newer(header, token);
    } catch (error) {
      throw new TokenError('signature', { cause: error });
    }
  };

  #coolingDown(): boolean {
    const sinceMs = this.#options.now() - this.#askedAtMs;
    // A clock that was put back must not make it last longer.
    return sinceMs >= 0 && sinceMs < this.#cooldownMs();
  }

  #cooldownMs(): number {
    return this.#keys === undefined ? EMPTY_COOLDOWN_MS : COOLDOWN_MS;
  }

  #unavailable(): KeysUnavailableError {
    const waitMs = this.#askedAtMs + this.#cooldownMs() - this.#options.now();
    return new KeysUnavailableError(Math.max(1_000, waitMs), { cause: this.#lastFailure });
  }

  /** One request at a time, shared by all waiting callers. */
  async #load(): Promise<LocalKeys> {
    if (this.#pending === undefined) {
      if (this.#coolingDown()) throw this.#unavailable();
      this.#pending = this.#request().finally(() => {
        this.#pending = undefined;
      });
    }
    return this.#pending;
  }

  async #request(): Promise<LocalKeys> {
    this.#askedAtMs = this.#options.now();
    try {
      const response = await this.#options.fetch(this.#options.url, {
        // With a redirect, the owner of the old address could choose our keys.
        redirect: 'error',
        headers: { accept: 'application/json, application/jwk-set+json' },
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      if (response.status !== 200) throw new Error(`the key set answered ${response.status}`);
      const keys = await readJsonWithin(response, MAX_KEY_SET_BYTES);
      if ((keys as JSONWebKeySet).keys?.length === 0) throw new Error('the key set is empty');
      const loaded = createLocalJWKSet(keys as JSONWebKeySet);
      this.#keys = loaded;
      this.#loadedAtMs = this.#options.now();
      this.#lastFailure = undefined;
      return loaded;
    } catch (error) {
      this.#lastFailure = error;
      this.#options.onOutage?.(error);
      throw this.#unavailable();
    }
  }
}
