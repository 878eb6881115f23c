import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { serveAdkWeb, type AdkWeb } from './adk-web.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

const START_WITHIN_MS = 300_000;

let agentsDir: string;
let fixture: BrowserFixture;
let adkWeb: AdkWeb;
let page: Page;
beforeAll(async () => {
  // The page writes eval sets and results beside the agents.
  agentsDir = await mkdtemp(join(tmpdir(), 'adk-web-dev-'));
  await cp(resolve(import.meta.dir, '../../agents'), agentsDir, { recursive: true });
  fixture = await startFixture({ agentsDir, env: { LORNU_DEV_ROUTES: '1' } });
  adkWeb = await serveAdkWeb(fixture.service.url);
  page = await (await fixture.openPage()).context.newPage();
  await page.setViewportSize({ width: 1500, height: 1000 });
  await page.goto(`${adkWeb.url}?app=incident`);
  const field = page.getByPlaceholder(/type a message/iu);
  await field.fill('I saw: the error rate rose to 5 %');
  await field.press('Enter');
  await page
    .getByText(/^Here is what I found/u)
    .first()
    .waitFor();
}, START_WITHIN_MS);
afterAll(async () => {
  await adkWeb?.stop();
  await fixture?.stop();
  await rm(agentsDir, { recursive: true, force: true });
});

const show = async (text: string): Promise<void> => page.getByText(text, { exact: true }).first().click();

test('ADK’s page draws the agents and their tools', async () => {
  const drawn = page.locator('svg .node');
  await drawn.filter({ hasText: 'write_report' }).first().waitFor();
  const names = await drawn.allTextContents();
  for (const name of ['incident', 'investigator', 'scribe', 'keep_finding'])
    expect(names.join(' ')).toContain(name);
});

test('it shows where the time of a turn went, agent by agent', async () => {
  await show('Traces');
  await page.getByText('keep_finding', { exact: true }).first().waitFor();
  await eventually(() => page.getByText('call_llm', { exact: true }).count(), 3);
  await show('Events');
});

test('it lists eval sets, adds the conversation to one, runs them, and shows the result', async () => {
  await show('Evals');
  await show('basic');
  await page.getByText('first_finding', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: /From Current Session/u }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('from_the_page');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /create|add|save/iu })
    .click();
  await page.getByText('from_the_page', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: /Run All/u }).click();
  await page.getByRole('dialog').getByRole('button', { name: /Run$/u }).click();
  const history = join(agentsDir, 'incident/.adk/eval_history');
  let kept: string[] = [];
  while (kept.length === 0) {
    [kept] = await Promise.all([readdir(history).catch(() => []), Bun.sleep(100)]);
  }
  const { eval_case_results: cases } = (await Bun.file(join(history, kept[0] ?? '')).json()) as {
    eval_case_results: {
      eval_id: string;
      overall_eval_metric_results: { metric_name: string; score: number }[];
    }[];
  };
  expect(cases).toHaveLength(19);
  const own = cases.find(({ eval_id }) => eval_id === 'from_the_page');
  // The model repeats the same text, so the case made from the conversation passes completely.
  expect(own?.overall_eval_metric_results.slice(0, 2).map(({ score }) => score)).toEqual([1, 1]);
  // Metrics passed of metrics evaluated, beside a case.
  await page
    .getByText(/^\s*2\s*\/\s*2\s*$/u)
    .first()
    .waitFor();
});

test('every request was answered, except for the builder and its own reports', () => {
  const failed = adkWeb.calls.filter((call) => !call.endsWith(' 200'));
  expect(
    failed.filter((call) => !/^GET (?:\/dev\/apps\/incident\/builder|\/config\/telemetry) 404$/u.test(call)),
  ).toEqual([]);
});
