import { beforeEach, describe, expect, test } from 'bun:test';
import type { TestApp } from '../../backend/testing/test-app.ts';
import { Browser, startSignIn } from './sign-in-kit.ts';

const { url, google, serve } = await startSignIn();
let app: TestApp;
beforeEach(() => {
  app = serve();
});

const post = (browser: Browser, headers: Record<string, string>) =>
  browser.get(`${url}/auth/logout`, { method: 'POST', headers });

test('signing out ends the session, from our own page only', async () => {
  const browser = new Browser(url);
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

describe('several tabs of one browser', () => {
  test('that sign in at the same time are all signed in', async () => {
    const browser = new Browser(url);
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
    const browser = new Browser(url);
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
    const browser = new Browser(url);
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
    const browser = new Browser(url);
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
    const browser = new Browser(url);
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
    const browser = new Browser(url);
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
      const browser = new Browser(url);
      const response = await browser.get(await browser.toCallback('eve@elsewhere.example'));
      statuses.push(response.status);
      if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(15);
    // A person at another address can still sign in.
    const other = new Browser(url);
    const callback = await other.toCallback('ada@lornu.ai');
    const response = await other.get(callback, { headers: { 'x-forwarded-for': '1.2.3.4, 203.0.113.7' } });
    expect(response.status).toBe(302);
  });
});
