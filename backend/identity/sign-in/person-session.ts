import type { Principal } from '../principal.ts';
import type { CookieJar } from './cookies.ts';
import type { SealedCookie } from './sealed-cookie.ts';

/** How long a person stays signed in: a working day. Taking a person off the list acts after this at the latest. */
export const SESSION_LIFETIME_S = 8 * 3600;
export const SESSION_COOKIE = 'lornu_session';

export interface Person {
  subject: string;
  email: string;
  name: string | undefined;
}

/** The signed-in person, kept in a sealed cookie: every task can read it, and none has to remember it. */
export class PersonSession {
  readonly #cookies: CookieJar;
  readonly #sealed: SealedCookie;

  constructor(cookies: CookieJar, sealed: SealedCookie) {
    this.#cookies = cookies;
    this.#sealed = sealed;
  }

  async start({ subject, email, name }: Person): Promise<string> {
    const sealed = await this.#sealed.seal(
      { sub: subject, email, ...(name ? { name } : {}) },
      SESSION_LIFETIME_S,
    );
    return this.#cookies.write(SESSION_COOKIE, sealed, SESSION_LIFETIME_S);
  }

  end(): string {
    return this.#cookies.write(SESSION_COOKIE, '', 0);
  }

  async read(headers: Headers): Promise<Principal | undefined> {
    const sealed = this.#cookies.read(headers, SESSION_COOKIE);
    if (sealed === undefined) return undefined;
    const claims = await this.#sealed.open(sealed);
    if (claims?.sub === undefined || typeof claims['email'] !== 'string') return undefined;
    const name = claims['name'];
    return {
      role: 'person',
      via: 'session',
      id: `person:${claims.sub}`,
      userId: claims.sub,
      email: claims['email'],
      ...(typeof name === 'string' ? { name } : {}),
    };
  }
}
