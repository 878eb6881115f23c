import { afterAll } from 'bun:test';
import { createTestApp, type TestApp } from '../../backend/testing/test-app.ts';
import { withHeaders } from './kit.ts';
import { serveHere } from '../support/serve-here.ts';
import { startSignInGoogle } from '../support/sign-in.ts';

/** A service behind `url` where people sign in with the stand-in for Google; both end after the file's tests. */
export async function startSignIn() {
  let app: TestApp | undefined;
  const server = serveHere(
    async (request) => (await app?.fetch(request)) ?? new Response(null, { status: 503 }),
  );
  const url = server.url.origin;
  const { google, env } = await startSignInGoogle(url);
  afterAll(async () => {
    await server.stop(true);
    await google.stop();
  });
  return {
    url,
    google,
    /** Serves a new app from now on, with these changes of its environment; Google works again. */
    serve: (changes: Record<string, string> = {}): TestApp => {
      google.failing.clear();
      app = createTestApp({ ...env, ...changes });
      return app;
    },
  };
}

/** A browser: keeps the service's cookies and follows redirects by hand. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async get(target: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const withCookie = withHeaders(init, target.startsWith(this.#url) && cookie !== '' ? { cookie } : {});
    const response = await fetch(target, { ...withCookie, redirect: 'manual' });
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Signs in up to the address to which Google redirects the browser. */
  async toCallback(email: string, path = '/auth/login'): Promise<string> {
    const begun = await this.get(`${this.#url}${path}`);
    const chosen = await this.get(`${begun.headers.get('location')}&login_hint=${encodeURIComponent(email)}`);
    return chosen.headers.get('location') ?? '';
  }

  async signIn(email: string, path?: string): Promise<Response> {
    return this.get(await this.toCallback(email, path));
  }
}
