import { hkdfSync } from 'node:crypto';
import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';
import type { Secret } from '../secrets/secret.ts';

export interface SealedCookieOptions {
  /** The key, or several separated by commas: the first one seals, all of them open. */
  keys: Secret;
  /** Binds the cookie to one use. */
  purpose: string;
  now: () => number;
}

/** Encrypts small values that a browser can store but neither read nor change (JWE, dir with A256GCM). */
export class SealedCookie {
  readonly #options: SealedCookieOptions;
  #derived: { from: string; keys: Uint8Array[] } | undefined;

  constructor(options: SealedCookieOptions) {
    this.#options = options;
  }

  async seal(value: JWTPayload, lifetimeS: number): Promise<string> {
    const nowS = Math.floor(this.#options.now() / 1000);
    return new EncryptJWT(value)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifetimeS)
      .setAudience(this.#options.purpose)
      .encrypt(this.#keys()[0] ?? new Uint8Array());
  }

  /** The value; undefined if it is forged, expired, for another purpose, or sealed with a removed key. */
  async open(sealed: string): Promise<JWTPayload | undefined> {
    for (const key of this.#keys()) {
      try {
        // The second key is tried only where the first does not fit.
        const { payload } = await jwtDecrypt(sealed, key, {
          audience: this.#options.purpose,
          requiredClaims: ['exp'],
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          currentDate: new Date(this.#options.now()),
        });
        return payload;
      } catch {
        // Whatever the reason, the person signs in again.
      }
    }
    return undefined;
  }

  #keys(): Uint8Array[] {
    const from = this.#options.keys.current();
    if (this.#derived?.from !== from) {
      const keys = from
        .split(',')
        .map((text) => new Uint8Array(hkdfSync('sha256', text.trim(), '', 'lornu cookie', 32)));
      this.#derived = { from, keys };
    }
    return this.#derived.keys;
  }
}
