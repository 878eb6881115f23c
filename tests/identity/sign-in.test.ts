import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { createTestApp, type TestApp } from '../../backend/testing/test-app.ts';
import { withHeaders } from './kit.ts';
import { type GoogleStandIn, startGoogleStandIn } from '@lornu/standins/google/server.ts';

let google: GoogleStandIn;
let app: TestApp;
let server: Bun.Server<undefined>;
let url: string;

beforeAll(async () => {
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    development: false,
    fetch: (request) => app.fetch(request),
  });
  url = server.url.origin;
  google = await startGoogleStandIn({
    client: { id: 'web', secret: 'client-secret', redirectUris: [`${url}/auth/callback`] },
  });
});
afterAll(async () => {
  await server.stop(true);
  await google.stop();
});

const environment = (changes: Record<string, string> = {}) => ({
  LORNU_SIGN_IN: 'required',
  OIDC_ISSUER: google.url,
  OIDC_CLIENT_ID: 'web',
  OIDC_CLIENT_SECRET: 'client-secret',
  OIDC_ALLOWED_DOMAINS: 'lornu.ai',
  SESSION_KEY: 'a-test-key-for-cookies-of-32-characters',
  LORNU_PUBLIC_URL: url,
  ...changes,
});

beforeEach(() => {
  google.failing.clear();
  app = createTestApp(environment());
});

/** A browser: keeps the service's cookies and follows redirects by hand. */
class Browser {
  readonly cookies = new Map<string, string>();

  async get(target: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const withCookie = withHeaders(init, target.startsWith(url) && cookie !== '' ? { cookie } : {});
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
    const begun = await this.get(`${url}${path}`);
    const chosen = await this.get(`${begun.headers.get('location')}&login_hint=${encodeURIComponent(email)}`);
    return chosen.headers.get('location') ?? '';
  }

  async signIn(email: string, path?: string): Promise<Response> {
    return this.get(await this.toCallback(email, path));
  }
}

const detailOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { detail: string }).detail,
];

describe('signing in', () => {
  test('a person of an allowed domain returns signed in, to the page they came from', async () => {
    const browser = new Browser();
    const response = await browser.signIn('ada@lornu.ai', '/auth/login?returnTo=%2Fchat%3Fsession%3Ds1');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/chat?session=s1']);
    expect(app.logged).toContainEqual(
      expect.objectContaining({ message: 'signed in', caller: 'person:100000000000000000001' }),
    );
    const me = await browser.get(`${url}/api/v1/me`);
    expect(await me.json()).toEqual({
      userId: '100000000000000000001',
      role: 'person',
      email: 'ada@lornu.ai',
      name: 'Ada Example',
    });
    expect(me.headers.get('cache-control')).toBe('no-store');
  });

  test('the request to Google has PKCE, state and nonce, and no secret', async () => {
    const begun = await new Browser().get(`${url}/auth/login`);
    expect(begun.headers.get('cache-control')).toBe('no-store');
    const target = new URL(begun.headers.get('location') ?? '');
    expect(Object.fromEntries<unknown>(target.searchParams)).toEqual({
      client_id: 'web',
      redirect_uri: `${url}/auth/callback`,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  test('cookies cannot be read by scripts, and are not sent with POSTs of other sites', async () => {
    const browser = new Browser();
    const begun = await browser.get(`${url}/auth/login`);
    expect(begun.headers.get('cache-control')).toBe('no-store');
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^lornu_sign_in_[\w-]{12}=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const done = await browser.signIn('ada@lornu.ai');
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(done.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^lornu_session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^lornu_sign_in_[\w-]{12}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax$/),
    ]);
    // It reveals neither the person nor the code.
    expect(
      Buffer.from(browser.cookies.get('lornu_session') ?? '', 'base64url').toString('latin1'),
    ).not.toContain('ada');
  });

  test('over https the cookies are bound to the host', async () => {
    app = createTestApp(environment({ LORNU_PUBLIC_URL: 'https://lornu.example' }));
    const [cookie] = (await app.request('/auth/login')).headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-lornu_sign_in_[\w-]{12}=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  test.each([
    ['//evil.example/x'],
    ['https://evil.example/x'],
    ['/\\evil.example'],
    ['\\\\evil.example'],
    ['javascript:alert(1)'],
    ['/auth/login'],
    [''],
  ])('nobody is sent on to %j', async (returnTo) => {
    const response = await new Browser().signIn(
      'ada@lornu.ai',
      `/auth/login?returnTo=${encodeURIComponent(returnTo)}`,
    );
    expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
  });
});

describe('nobody is signed in', () => {
  test('from another domain, though Google knows them', async () => {
    const browser = new Browser();
    const response = await browser.signIn('eve@elsewhere.example');
    expect(await detailOf(response)).toEqual([403, 'This account may not use this service']);
    expect(browser.cookies.has('lornu_session')).toBe(false);
    expect((await browser.get(`${url}/api/v1/me`)).status).toBe(401);
    expect(app.logged).toContainEqual(
      expect.objectContaining({
        message: 'sign-in refused: not on the list',
        subject: '100000000000000000003',
      }),
    );
  });

  test('but a single address may be allowed in addition to the domains', async () => {
    app = createTestApp(
      environment({ OIDC_ALLOWED_DOMAINS: '', OIDC_ALLOWED_EMAILS: 'Eve@Elsewhere.example' }),
    );
    expect((await new Browser().signIn('eve@elsewhere.example')).status).toBe(302);
    expect((await new Browser().signIn('ada@lornu.ai')).status).toBe(403);
  });

  test("with a callback that was started in another browser (somebody else's sign-in)", async () => {
    const attackers = await new Browser().toCallback('ada@lornu.ai');
    const victim = new Browser();
    expect(await detailOf(await victim.get(attackers))).toEqual([
      400,
      'The sign-in was not begun in this browser, or too long ago',
    ]);
    await victim.get(`${url}/auth/login`);
    expect(await detailOf(await victim.get(attackers))).toEqual([
      400,
      'The sign-in was not begun in this browser, or too long ago',
    ]);
    expect(victim.cookies.has('lornu_session')).toBe(false);
  });

  test('with a state or code that was changed or already used', async () => {
    const browser = new Browser();
    const callback = new URL(await browser.toCallback('ada@lornu.ai'));
    const state = callback.searchParams.get('state') ?? '';
    for (const [name, value] of [
      // The unchanged part is enough to find the attempt.
      ['state', `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`],
      ['code', 'other'],
    ] as const) {
      const changed = new URL(callback);
      changed.searchParams.set(name, value);
      const again = new Browser();
      for (const [cookie, sealed] of browser.cookies) again.cookies.set(cookie, sealed);
      app = createTestApp(environment());
      expect(await detailOf(await again.get(changed.href))).toEqual([400, 'Signing in did not succeed']);
    }
    const again = new Browser();
    const usedOnce = await again.toCallback('ada@lornu.ai');
    const kept = new Map(again.cookies);
    expect((await again.get(usedOnce)).status).toBe(302);
    for (const [name, value] of kept) again.cookies.set(name, value);
    expect((await again.get(usedOnce)).status).toBe(400);
  });

  test("with an ID token whose signature is not Google's", async () => {
    const browser = new Browser();
    const callback = await browser.toCallback('ada@lornu.ai');
    const published = google.keys.jwks();
    google.keys.jwks = () => ({ keys: [] });
    expect((await browser.get(callback)).status).toBe(400);
    google.keys.jwks = () => published;
    expect(browser.cookies.has('lornu_session')).toBe(false);
  });

  test('with a nonce of another sign-in', async () => {
    const browser = new Browser();
    const begun = await browser.get(`${url}/auth/login`);
    const target = new URL(begun.headers.get('location') ?? '');
    target.searchParams.set('nonce', 'other');
    target.searchParams.set('login_hint', 'ada@lornu.ai');
    const callback = (await browser.get(target.href)).headers.get('location') ?? '';
    expect(await detailOf(await browser.get(callback))).toEqual([400, 'Signing in did not succeed']);
  });

  test('while Google is down; it works again as soon as Google does', async () => {
    const browser = new Browser();
    const callback = await browser.toCallback('ada@lornu.ai');
    google.failing.add('token');
    const failed = await browser.get(callback);
    expect(failed.headers.get('retry-after')).toBe('10');
    expect(await detailOf(failed)).toEqual([503, 'The issuer that vouches for callers cannot be reached']);
    expect(app.logged).toContainEqual(expect.objectContaining({ message: 'sign-in failed' }));
    google.failing.clear();
    expect((await browser.signIn('ada@lornu.ai')).status).toBe(302);

    app = createTestApp(environment({ OIDC_ISSUER: 'http://127.0.0.1:1' }));
    const response = await browser.get(`${url}/auth/login`);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(app.logged).toContainEqual(expect.objectContaining({ message: 'sign-in cannot begin' }));
    expect(await detailOf(response)).toEqual([503, 'The issuer that vouches for callers cannot be reached']);
  });

  test('and no code, secret or cookie is logged', async () => {
    const browser = new Browser();
    const callback = new URL(await browser.toCallback('ada@lornu.ai'));
    await browser.get(callback.href);
    await browser.get(callback.href);
    const log = JSON.stringify(app.logged);
    for (const secret of [
      'client-secret',
      callback.searchParams.get('code'),
      callback.searchParams.get('state'),
      browser.cookies.get('lornu_session'),
    ]) {
      expect(log).not.toContain(String(secret));
    }
  });
});

describe('signing out', () => {
  const post = (browser: Browser, headers: Record<string, string>) =>
    browser.get(`${url}/auth/logout`, { method: 'POST', headers });

  test('ends the session, from our own page only', async () => {
    const browser = new Browser();
    await browser.signIn('ada@lornu.ai');
    expect((await post(browser, {})).status).toBe(403);
    expect((await post(browser, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await browser.get(`${url}/auth/logout`)).status).toBe(405);
    expect((await browser.get(`${url}/api/v1/me`)).status).toBe(200);
    const left = await post(browser, { origin: url });
    expect([left.status, left.headers.get('cache-control')]).toEqual([200, 'no-store']);
    // Google has no logout address for other applications.
    expect(await left.json()).toEqual({ next: '/auth/signed-out' });
    expect((await browser.get(`${url}/api/v1/me`)).status).toBe(401);
  });
});

describe('several tabs of one browser', () => {
  test('that sign in at the same time are all signed in', async () => {
    const browser = new Browser();
    const callbacks: string[] = [];
    for (const tab of [1, 2, 3, 4])
      callbacks.push(await browser.toCallback('ada@lornu.ai', `/auth/login?returnTo=%2F%3Ftab%3D${tab}`));
    const back = [];
    for (const callback of callbacks.toReversed()) back.push(await browser.get(callback));
    expect(back.map((one) => [one.status, one.headers.get('location')])).toEqual(
      [4, 3, 2, 1].map((tab) => [302, `/?tab=${tab}`]),
    );
    expect([...browser.cookies.keys()]).toEqual(['lornu_session']);
  });

  test('keep a limited number of attempts, the newest', async () => {
    const browser = new Browser();
    const first = await browser.toCallback('ada@lornu.ai');
    for (let tab = 0; tab < 12; tab++) await browser.get(`${url}/auth/login?returnTo=/${'x'.repeat(9_000)}`);
    expect(browser.cookies.size).toBe(8);
    const header = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    expect(header.length).toBeLessThan(8_000);
    expect((await browser.get(first)).status).toBe(400);
    // After a sign-in, a later tab is only redirected.
    await browser.signIn('ada@lornu.ai');
    expect((await browser.get(first)).headers.get('location')).toBe('/');
  });
});

describe('a browser gets pages', () => {
  const HTML = { headers: { accept: 'text/html,application/xhtml+xml' } };
  const pageOf = async (response: Response) => {
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await response.text();
    expect(text).not.toContain('<script');
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
    return { status: response.status, title: /<h1>([^<]+)/.exec(text)?.[1], links };
  };

  test('for somebody who is not on the list, with a way to another account', async () => {
    const browser = new Browser();
    const refused = await browser.get(await browser.toCallback('eve@elsewhere.example'), HTML);
    expect(refused.headers.get('x-error-code')).toBe('CALLER_NOT_ALLOWED');
    expect(await pageOf(refused)).toEqual({
      status: 403,
      title: 'This account may not use this service',
      links: ['/auth/login?account=other'],
    });
    const again = await browser.get(`${url}/auth/login?account=other`);
    const target = new URL(again.headers.get('location') ?? '');
    expect(target.searchParams.get('prompt')).toBe('select_account');
  });

  test('for a failed sign-in, and while the issuer is down', async () => {
    const browser = new Browser();
    expect(await pageOf(await browser.get(`${url}/auth/callback?code=a&state=b`, HTML))).toMatchObject({
      status: 400,
      title: 'Signing in did not succeed',
    });
    const callback = await browser.toCallback('ada@lornu.ai');
    google.failing.add('token');
    const down = await browser.get(callback, HTML);
    expect(down.headers.get('retry-after')).toBe('10');
    expect(await pageOf(down)).toEqual({
      status: 503,
      title: 'Signing in is not possible right now',
      links: ['/auth/login'],
    });
  });

  test('after signing out, which does not sign anybody in again', async () => {
    const browser = new Browser();
    await browser.signIn('ada@lornu.ai');
    const left = await browser.get(`${url}/auth/logout`, { method: 'POST', headers: { origin: url } });
    const { next } = (await left.json()) as { next: string };
    expect(await pageOf(await browser.get(`${url}${next}`, HTML))).toEqual({
      status: 200,
      title: 'You are signed out',
      links: ['/auth/login', '/auth/login?account=other'],
    });
  });
});

describe('anonymous callbacks', () => {
  /** The log shows requests to the token endpoint: each guess that reaches it fails there. */
  const asked = () => app.logged.filter(({ message }) => message === 'sign-in failed').length;

  test('with one cookie reach the issuer once', async () => {
    const browser = new Browser();
    const callback = new URL(await browser.toCallback('ada@lornu.ai'));
    for (let guess = 0; guess < 8; guess++) {
      callback.searchParams.set('code', `guess${guess}`);
      expect((await browser.get(callback.href)).status).toBe(400);
    }
    expect(asked()).toBe(1);
  });

  test('with a cookie each reach it as often as their bucket allows, and are told to wait', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 25; guess++) {
      const browser = new Browser();
      const response = await browser.get(await browser.toCallback('eve@elsewhere.example'));
      statuses.push(response.status);
      if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(15);
    // A person at another address can still sign in.
    const other = new Browser();
    const callback = await other.toCallback('ada@lornu.ai');
    const response = await other.get(callback, { headers: { 'x-forwarded-for': '1.2.3.4, 203.0.113.7' } });
    expect(response.status).toBe(302);
  });
});
