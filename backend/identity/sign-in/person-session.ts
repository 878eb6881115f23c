import type { Principal } from '../principal.ts';
import { type AllowedPeople, type PersonClaims, toAllowedPerson } from './allowed-person.ts';
import type { CookieJar } from './cookies.ts';
import type { SealedCookie } from './sealed-cookie.ts';

/** How long a person stays signed in: one working day. */
export const SESSION_LIFETIME_S = 8 * 3600;
export const SESSION_COOKIE = 'lornu_session';

export interface PersonSessionOptions {
  cookies: CookieJar;
  sealed: SealedCookie;
  /** Checked on each request: a person removed from the list is out with the next deployment. */
  allowed: AllowedPeople;
}

/** The signed-in person, kept in a sealed cookie: every task can read it and none has to store it. */
export class PersonSession {
  readonly #options: PersonSessionOptions;

  constructor(options: PersonSessionOptions) {
    this.#options = options;
  }

  /** The cookie for a person with a verified ID token; undefined if they are not on the list. */
  async start(claims: PersonClaims): Promise<string | undefined> {
    const { cookies, sealed, allowed } = this.#options;
    const person = toAllowedPerson(claims, allowed);
    if (person === undefined) return undefined;
    const { iss, sub, email, email_verified: isVerified, hd } = claims;
    // Only values of limited length: browsers drop cookies of more than 4 KB.
    const domain = typeof hd === 'string' && hd.length <= 253 ? { hd } : {};
    const value = await sealed.seal(
      { iss, sub, email, email_verified: isVerified, ...domain, name: person.name },
      SESSION_LIFETIME_S,
    );
    return cookies.write(SESSION_COOKIE, value, SESSION_LIFETIME_S);
  }

  end(): string {
    return this.#options.cookies.write(SESSION_COOKIE, '', 0);
  }

  async read(headers: Headers): Promise<Principal | undefined> {
    const { cookies, sealed, allowed } = this.#options;
    const value = cookies.read(headers, SESSION_COOKIE);
    if (value === undefined) return undefined;
    const claims = await sealed.open(value);
    const person = claims && toAllowedPerson(claims as PersonClaims, allowed);
    if (person === undefined) return undefined;
    const { subject, email, name } = person;
    return {
      role: 'person',
      via: 'session',
      id: `person:${subject}`,
      userId: subject,
      email,
      ...(name === undefined ? {} : { name }),
    };
  }
}
