import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let bundled: BrowserFixture;
let mounted: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  [bundled, mounted] = await Promise.all([
    startFixture(),
    startFixture({ agentsDir: join(import.meta.dir, 'agents') }),
  ]);
});
afterAll(() => Promise.all([bundled?.stop(), mounted?.stop()]));
afterEach(() => chat?.close());

const file = (name: string): Locator => chat.page.getByRole('figure', { name: `File ${name}` });

test("the agent's chart is shown where it was made, grows when pressed, and is there after a reload", async () => {
  chat = await bundled.openPage();
  await chat.ask('draw a chart of the status');
  const chart = file('environment-status.svg').getByRole('img', { name: 'environment-status.svg' });
  await eventually(
    () => chart.evaluate((image) => 'naturalWidth' in image && Number(image.naturalWidth) > 100),
    true,
  );
  await chat.button('Enlarge environment-status.svg').click();
  await chat.page.getByRole('dialog', { name: 'environment-status.svg' }).waitFor();
  await chat.page.keyboard.press('Escape');
  await chat.page.reload();
  await chart.waitFor();
  expect(chat.complaints).toEqual([]);
});

test('a mounted folder of agents replaces the bundled ones', async () => {
  chat = await mounted.openPage();
  await chat.page.getByText('Makes files for tests.').waitFor();
  expect(await chat.page.getByRole('combobox', { name: 'Agent' }).count()).toBe(0);
});

test('with several agents a person picks one, and its two sub-agents transfer to each other', async () => {
  chat = await bundled.openPage();
  await chat.page.getByRole('combobox', { name: 'Agent' }).selectOption('incident');
  await chat.page.getByText(/keeps findings while you look/u).waitFor();
  // Title, suggestions and icon are the agent's own.
  await chat.page.getByRole('heading', { name: 'Incident desk' }).waitFor();
  await chat.button(/^Say what you see/u).waitFor();
  expect(await chat.page.locator('.empty-mark').getAttribute('src')).toStartWith('data:image/svg+xml,');
  await chat.ask('call transfer_to_agent with {"agentName":"scribe"}');
  await chat.conversation.getByText('Handed over to Scribe').waitFor();
  await chat.conversation.getByRole('heading', { name: 'Scribe' }).waitFor();
  await chat.ask('call write_report with {"title":"Slow answers"}');
  await file('incident-report.md').getByRole('heading', { name: 'Slow answers' }).waitFor();
  await chat.page.reload();
  await file('incident-report.md').getByRole('heading', { name: 'Slow answers' }).waitFor();
});

test('no file of an agent runs in the page: HTML is shown as source, SVG as a picture, Markdown is inert', async () => {
  chat = await mounted.openPage();
  const requested: string[] = [];
  chat.page.on('request', (request) => requested.push(new URL(request.url()).pathname));
  await chat.ask('call make_files');
  await file('page.html').getByText('Shown as source').waitFor();
  await file('page.html').getByText('<h1>').first().waitFor();
  await file('chart.svg').getByRole('img', { name: 'chart.svg' }).waitFor();
  await file('notes.md').getByRole('heading', { name: 'Notes' }).waitFor();
  await file('notes.md').getByText('press').click();
  expect(await chat.page.locator('iframe, object, embed, .messages svg script').count()).toBe(0);
  expect(await chat.page.title()).not.toBe('pwned');
  expect(requested).not.toContain('/pwned');
});

test('tables, JSON, text and names with folders are shown; other files can be downloaded', async () => {
  chat = await mounted.openPage();
  await chat.ask('call make_files');
  await file('tasks.csv').getByRole('cell', { name: 'eu, central' }).waitFor();
  await file('state.json').getByText('"tasks"').waitFor();
  await file('in/a folder/ünïcode.txt').getByText('reached').waitFor();
  const download = chat.page.waitForEvent('download');
  await file('archive.bin').getByRole('button', { name: 'Download archive.bin' }).click();
  expect((await download).suggestedFilename()).toBe('archive.bin');
  expect(await readFile(await (await download).path(), 'utf8')).toBe('PK');
});

test('a missing file says so, and can be requested again', async () => {
  chat = await mounted.openPage();
  await chat.ask('call make_files');
  const sessionId = new URL(chat.page.url()).hash.split('/').at(-1) ?? '';
  const path = `/apps/hostile/users/user/sessions/${sessionId}/artifacts/state.json`;
  await fetch(`${mounted.service.url}${path}`, { method: 'DELETE' });
  await chat.page.reload();
  await file('state.json')
    .getByText(/^This file cannot be shown/u)
    .waitFor();
  await file('state.json').getByRole('button', { name: 'Try again' }).click();
  await file('state.json')
    .getByText(/^This file cannot be shown/u)
    .waitFor();
});
