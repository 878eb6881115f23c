import type { CookieJar } from './cookies.ts';
import type { SignInAttempt } from './oidc-client.ts';
import type { SealedCookie } from './sealed-cookie.ts';

const PREFIX = 'lornu_sign_in_';
const LIFETIME_S = 600;
/** Most concurrent sign-ins in the tabs of one browser; their cookies together stay far below 16 KB of headers. */
const MOST_AT_ONCE = 8;

export type StoredAttempt = SignInAttempt & { returnPath: string };

/** Pending sign-ins of one browser: one sealed cookie each, so that tabs do not overwrite each other's. */
export class Attempts {
  readonly #cookies: CookieJar;
  readonly #sealed: SealedCookie;

  constructor(cookies: CookieJar, sealed: SealedCookie) {
    this.#cookies = cookies;
    this.#sealed = sealed;
  }

  /** Set-Cookie values that store the attempt and delete the oldest ones beyond the limit. */
  async keep(headers: Headers, attempt: StoredAttempt): Promise<string[]> {
    const sealed = await this.#sealed.seal({ ...attempt }, LIFETIME_S);
    // Browsers send the oldest cookie first (RFC 6265, 5.4).
    const surplus = this.#cookies.names(headers, PREFIX).slice(0, -(MOST_AT_ONCE - 1));
    return [
      this.#cookies.write(nameOf(attempt.state), sealed, LIFETIME_S),
      ...surplus.map((name) => this.#cookies.write(name, '', 0)),
    ];
  }

  /**
   * The attempt that the issuer's response belongs to; undefined if this browser did not start it, or did so too long
   * ago.
   */
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

/** Part of the state identifies an attempt; all of it is compared later. */
function nameOf(state: string): string {
  return PREFIX + state.replaceAll(/[^\w-]/g, '').slice(0, 12);
}
