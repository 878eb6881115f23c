import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { serveAdkWeb, type AdkWeb } from './adk-web.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(TEST_WITHIN_MS);

const SYNC_WITHIN_MS = 300_000;

let fixture: BrowserFixture;
let adkWeb: AdkWeb;
let page: Page;
beforeAll(async () => {
  fixture = await startFixture();
  adkWeb = await serveAdkWeb(fixture.service.url);
  const chat = await fixture.openPage();
  page = await chat.context.newPage();
  // The page's own streaming switch, which it stores; when it is off, it requests whole events.
  await page.addInitScript("localStorage.setItem('adk-use-sse', 'true')");
}, SYNC_WITHIN_MS);
afterAll(async () => {
  await adkWeb?.stop();
  await fixture?.stop();
});

const service = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${fixture.service.url}${path}`, init);

test('ADK’s own page lists the agents, sends, and shows the answer as it streams', async () => {
  await page.goto(`${adkWeb.url}?app=lornu`);
  const field = page.getByPlaceholder(/type a message/iu);
  await field.fill('count to 120, held after 20');
  await field.press('Enter');
  await page
    .getByText(/^1 2 3 .* 19 20$/u)
    .first()
    .waitFor();
  await fixture.release();
  await page
    .getByText(/^1 2 3 .* 119 120$/u)
    .first()
    .waitFor({ timeout: TEST_WITHIN_MS });
  expect(adkWeb.calls).toContain('GET /list-apps 200');
  expect(adkWeb.calls).toContain('POST /apps/lornu/users/user/sessions 200');
  expect(adkWeb.calls).toContain('POST /run_sse 200');
});

test('requests beyond the contract get 404, and it continues without', () => {
  const failed = adkWeb.calls.filter((call) => !call.endsWith(' 200'));
  const beyond = /^GET (?:\/dev\/apps\/lornu\/\S+|\/config\/telemetry) 404$/u;
  expect(failed.filter((call) => !beyond.test(call))).toEqual([]);
});

test('a conversation of ours is listed there under the title that our page gave it', async () => {
  await service('/apps/lornu/users/user/sessions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      sessionId: 'from-our-page',
      state: { __session_metadata__: { displayName: 'Named by our page' } },
    }),
  });
  await page.goto(`${adkWeb.url}?app=lornu&session=from-our-page`);
  await page.getByText('Named by our page').first().waitFor();
});
