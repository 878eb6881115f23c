import { parse } from 'hono/utils/cookie';

/**
 * Names and attributes of our cookies. Over https, the name prefix stops other hosts and plain http from setting them.
 */
export class CookieJar {
  readonly #secure: boolean;

  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith('https:');
  }

  read(headers: Headers, name: string): string | undefined {
    const full = this.#nameOf(name);
    return parse(headers.get('cookie') ?? '', full)[full];
  }

  /** Names of the request's cookies that begin with `prefix`, as `read` and `write` take them. */
  names(headers: Headers, prefix: string): string[] {
    const full = this.#nameOf(prefix);
    return Object.keys(parse(headers.get('cookie') ?? ''))
      .filter((name) => name.startsWith(full))
      .map((name) => name.slice(full.length - prefix.length));
  }

  /** A Set-Cookie value; an age of 0 deletes the cookie. */
  write(name: string, value: string, maxAgeS: number): string {
    // Lax: the cookie is sent when Google redirects the browser back, but not with another site's POST.
    const attributes = [
      `Path=/`,
      `Max-Age=${maxAgeS}`,
      'HttpOnly',
      'SameSite=Lax',
      ...(this.#secure ? ['Secure'] : []),
    ];
    return `${this.#nameOf(name)}=${value}; ${attributes.join('; ')}`;
  }

  #nameOf(name: string): string {
    return this.#secure ? `__Host-${name}` : name;
  }
}
