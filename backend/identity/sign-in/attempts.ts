import type { CookieJar } from './cookies.ts';
import type { SignInAttempt } from './oidc-client.ts';
import type { SealedCookie } from './sealed-cookie.ts';

const PREFIX = 'lornu_sign_in_';
const LIFETIME_S = 600;
/** Tabs of one browser that sign in at the same time; together their cookies stay far below 16 KB of headers. */
const MOST_AT_ONCE = 8;

export type StoredAttempt = SignInAttempt & { returnPath: string };

/** Sign-ins under way in one browser: a sealed cookie for each, so that tabs do not take each other's. */
export class Attempts {
  readonly #cookies: CookieJar;
  readonly #sealed: SealedCookie;

  constructor(cookies: CookieJar, sealed: SealedCookie) {
    this.#cookies = cookies;
    this.#sealed = sealed;
  }

  /** Set-Cookie values that keep the attempt; the oldest ones go where there would be too many. */
  async keep(headers: Headers, attempt: StoredAttempt): Promise<string[]> {
    const sealed = await this.#sealed.seal({ ...attempt }, LIFETIME_S);
    // Browsers send the oldest cookie first (RFC 6265, 5.4).
    const surplus = this.#cookies.names(headers, PREFIX).slice(0, -(MOST_AT_ONCE - 1));
    return [
      this.#cookies.write(nameOf(attempt.state), sealed, LIFETIME_S),
      ...surplus.map((name) => this.#cookies.write(name, '', 0)),
    ];
  }

  /** The attempt that the issuer's answer belongs to; undefined where this browser did not begin it, or too long ago. */
  async find(headers: Headers, state: string | undefined): Promise<StoredAttempt | undefined> {
    const sealed = state === undefined ? undefined : this.#cookies.read(headers, nameOf(state));
    const opened = sealed === undefined ? undefined : await this.#sealed.open(sealed);
    return opened as unknown as StoredAttempt | undefined;
  }

  /** The Set-Cookie value that deletes an attempt. */
  forget(state: string): string {
    return this.#cookies.write(nameOf(state), '', 0);
  }
}

/** A part of the state tells attempts apart; all of it is compared afterwards. */
function nameOf(state: string): string {
  return PREFIX + state.replaceAll(/[^\w-]/g, '').slice(0, 12);
}
