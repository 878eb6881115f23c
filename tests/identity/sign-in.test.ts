import { beforeEach, describe, expect, test } from 'bun:test';
import type { TestApp } from '../../backend/testing/test-app.ts';
import { Browser, startSignIn } from './sign-in-kit.ts';

const { url, google, serve } = await startSignIn();
let app: TestApp;
beforeEach(() => {
  app = serve();
});

const detailOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { detail: string }).detail,
];

describe('signing in', () => {
  test('a person of an allowed domain returns signed in, to the page they came from', async () => {
    const browser = new Browser(url);
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
    const begun = await new Browser(url).get(`${url}/auth/login`);
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
    const browser = new Browser(url);
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
    app = serve({ LORNU_PUBLIC_URL: 'https://lornu.example' });
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
    const response = await new Browser(url).signIn(
      'ada@lornu.ai',
      `/auth/login?returnTo=${encodeURIComponent(returnTo)}`,
    );
    expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
  });
});

describe('nobody is signed in', () => {
  test('from another domain, though Google knows them', async () => {
    const browser = new Browser(url);
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
    app = serve({ OIDC_ALLOWED_DOMAINS: '', OIDC_ALLOWED_EMAILS: 'Eve@Elsewhere.example' });
    expect((await new Browser(url).signIn('eve@elsewhere.example')).status).toBe(302);
    expect((await new Browser(url).signIn('ada@lornu.ai')).status).toBe(403);
  });

  test("with a callback that was started in another browser (somebody else's sign-in)", async () => {
    const attackers = await new Browser(url).toCallback('ada@lornu.ai');
    const victim = new Browser(url);
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
    const browser = new Browser(url);
    const callback = new URL(await browser.toCallback('ada@lornu.ai'));
    const state = callback.searchParams.get('state') ?? '';
    for (const [name, value] of [
      // The unchanged part is enough to find the attempt.
      ['state', `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`],
      ['code', 'other'],
    ] as const) {
      const changed = new URL(callback);
      changed.searchParams.set(name, value);
      const again = new Browser(url);
      for (const [cookie, sealed] of browser.cookies) again.cookies.set(cookie, sealed);
      app = serve();
      expect(await detailOf(await again.get(changed.href))).toEqual([400, 'Signing in did not succeed']);
    }
    const again = new Browser(url);
    const usedOnce = await again.toCallback('ada@lornu.ai');
    const kept = new Map(again.cookies);
    expect((await again.get(usedOnce)).status).toBe(302);
    for (const [name, value] of kept) again.cookies.set(name, value);
    expect((await again.get(usedOnce)).status).toBe(400);
  });

  test("with an ID token whose signature is not Google's", async () => {
    const browser = new Browser(url);
    const callback = await browser.toCallback('ada@lornu.ai');
    const published = google.keys.jwks();
    google.keys.jwks = () => ({ keys: [] });
    expect((await browser.get(callback)).status).toBe(400);
    google.keys.jwks = () => published;
    expect(browser.cookies.has('lornu_session')).toBe(false);
  });

  test('with a nonce of another sign-in', async () => {
    const browser = new Browser(url);
    const begun = await browser.get(`${url}/auth/login`);
    const target = new URL(begun.headers.get('location') ?? '');
    target.searchParams.set('nonce', 'other');
    target.searchParams.set('login_hint', 'ada@lornu.ai');
    const callback = (await browser.get(target.href)).headers.get('location') ?? '';
    expect(await detailOf(await browser.get(callback))).toEqual([400, 'Signing in did not succeed']);
  });

  test('while Google is down; it works again as soon as Google does', async () => {
    const browser = new Browser(url);
    const callback = await browser.toCallback('ada@lornu.ai');
    google.failing.add('token');
    const failed = await browser.get(callback);
    expect(failed.headers.get('retry-after')).toBe('10');
    expect(await detailOf(failed)).toEqual([503, 'The issuer that vouches for callers cannot be reached']);
    expect(app.logged).toContainEqual(expect.objectContaining({ message: 'sign-in failed' }));
    google.failing.clear();
    expect((await browser.signIn('ada@lornu.ai')).status).toBe(302);

    app = serve({ OIDC_ISSUER: 'http://127.0.0.1:1' });
    const response = await browser.get(`${url}/auth/login`);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(app.logged).toContainEqual(expect.objectContaining({ message: 'sign-in cannot begin' }));
    expect(await detailOf(response)).toEqual([503, 'The issuer that vouches for callers cannot be reached']);
  });

  test('and no code, secret or cookie is logged', async () => {
    const browser = new Browser(url);
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
