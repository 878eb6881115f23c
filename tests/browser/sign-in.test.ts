import type { GoogleStandIn } from '@lornu/standins/google/server.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startSignInGoogle } from '../support/sign-in.ts';
import { sharedChromium } from './chromium.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually, PATIENCE_MS } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let google: GoogleStandIn;
let fixture: BrowserFixture;
let browser: Browser;
let context: BrowserContext;
/** Gives the service a fixed address, which is needed before the service has a port. */
let front: Bun.Server<undefined>;
/** Whose requests come through it, as a load balancer says: the service limits the sign-ins of each address. */
let client = 0;

beforeAll(async () => {
  front = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: (request) =>
      fetch(request.url.replace(front.url.origin, fixture.service.url), {
        method: request.method,
        headers: { ...request.headers.toJSON(), 'x-forwarded-for': `192.0.2.${client}` },
        body: request.body,
        redirect: 'manual',
        decompress: false,
      }),
    // As a load balancer answers while nothing is behind it: a page may still ask for a font when its service has stopped.
    error: () => new Response(null, { status: 502 }),
  });
  const signIn = await startSignInGoogle(front.url.origin);
  google = signIn.google;
  [fixture, browser] = await Promise.all([startFixture({ env: signIn.env }), sharedChromium()]);
});
afterAll(async () => {
  await fixture?.stop();
  await google?.stop();
  await front?.stop(true);
});
beforeEach(() => void client++);
afterEach(() => context?.close());

async function openTabs(count: number): Promise<Page[]> {
  context = await browser.newContext({ baseURL: front.url.origin });
  context.setDefaultTimeout(PATIENCE_MS);
  const tabs = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto('/')));
  return tabs;
}

const message = (tab: Page) => tab.getByRole('textbox', { name: 'Message', exact: true });

test('three tabs that sign in at once all succeed; signing out ends the session, and says so', async () => {
  const tabs = await openTabs(3);
  await Promise.all(tabs.map((tab) => tab.getByRole('link', { name: /Ada Example/u }).waitFor()));
  for (const tab of tabs) {
    await tab.getByRole('link', { name: /Ada Example/u }).click();
    await message(tab).waitFor();
  }
  const [tab] = tabs;
  if (!tab) throw new Error('No tab was opened.');
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByRole('heading', { name: 'You are signed out' }).waitFor();
  expect(new URL(tab.url()).pathname).toBe('/auth/signed-out');
  // The page's own policy allows its style.
  const colour = await tab.evaluate<string>(
    "getComputedStyle(document.querySelector('nav a')).backgroundColor",
  );
  expect(colour).not.toBe('rgba(0, 0, 0, 0)');
  await tab.getByRole('link', { name: 'Use another account' }).click();
  await tab.getByRole('heading', { name: 'Choose an account' }).waitFor();
  expect(new URL(tab.url()).searchParams.get('prompt')).toBe('select_account');
});

test('an account that is not on the list sees that, and can choose another one', async () => {
  const [tab] = await openTabs(1);
  await tab?.getByRole('link', { name: /elsewhere/u }).click();
  await tab?.getByRole('heading', { name: 'This account may not use this service' }).waitFor();
  await tab?.getByRole('link', { name: 'Use another account' }).click();
  await tab?.getByRole('link', { name: /Ada Example/u }).click();
  if (tab) await message(tab).waitFor();
});

test('after signing in again a person is back in the conversation, with the draft', async () => {
  const [tab] = await openTabs(1);
  if (!tab) throw new Error('No tab was opened.');
  await tab.getByRole('link', { name: /Ada Example/u }).click();
  const conversation = tab.getByRole('region', { name: 'Conversation', exact: true });
  const answer = conversation.getByText('1 2 3', { exact: true });
  await message(tab).fill('count to 3');
  await message(tab).press('Enter');
  await answer.waitFor();
  const { href } = new URL(tab.url());
  // As happens after eight hours.
  await context.clearCookies();
  await message(tab).fill('count to 4');
  await message(tab).press('Enter');
  await tab.getByRole('alert').getByRole('link', { name: 'Sign in' }).click();
  await tab.getByRole('link', { name: /Ada Example/u }).click();
  await answer.waitFor();
  expect(tab.url()).toBe(href);
  await eventually(() => message(tab).inputValue(), 'count to 4');
});

test('who opens a shared link while signed out is in that conversation after signing in; the issuer never sees the link', async () => {
  const [tab] = await openTabs(1);
  if (!tab) throw new Error('No tab was opened.');
  await tab.getByRole('link', { name: /Ada Example/u }).click();
  await message(tab).fill('count to 3');
  await message(tab).press('Enter');
  const answerIn = (page: Page) =>
    page.getByRole('region', { name: 'Conversation', exact: true }).getByText('1 2 3', { exact: true });
  await answerIn(tab).waitFor();
  await tab.getByRole('button', { name: 'More', exact: true }).click();
  await tab.getByRole('menuitem', { name: 'Share' }).click();
  await tab.getByRole('button', { name: 'Make a link' }).click();
  const link = await tab.getByRole('textbox', { name: 'Link' }).inputValue();
  await context.close();
  const [visitor] = await openTabs(1);
  if (!visitor) throw new Error('No tab was opened.');
  await visitor.goto('about:blank');
  await visitor.goto(link);
  const account = visitor.getByRole('link', { name: /Ben Example/u });
  await account.waitFor();
  const secret = link.split('/').at(-1) ?? '';
  expect(secret.length).toBeGreaterThan(20);
  expect(visitor.url()).not.toContain(secret);
  await account.click();
  await visitor.getByText('Shared, to read').waitFor();
  await answerIn(visitor).waitFor();
  expect(visitor.url()).toBe(link);
});

test('while the issuer is down a person sees that, and can retry', async () => {
  const [tab] = await openTabs(1);
  google.failing.add('token');
  await tab?.getByRole('link', { name: /Ada Example/u }).click();
  await tab?.getByRole('heading', { name: 'Signing in is not possible right now' }).waitFor();
  google.failing.clear();
  if (!tab) throw new Error('No tab was opened.');
  await tab.getByRole('link', { name: 'Try again' }).click();
  await tab.getByRole('link', { name: /Ada Example/u }).click();
  await message(tab).waitFor();
});
