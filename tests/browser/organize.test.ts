import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

const listed = (page: ChatPage): Locator =>
  page.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link');
const exactly = (text: string): Locator => chat.conversation.getByText(text, { exact: true });
const command = async (name: string): Promise<void> => {
  await chat.button('More').click();
  await chat.page.getByRole('menuitem', { name, exact: true }).click();
};
const editMessage = async (at: number, text: string): Promise<void> => {
  await chat.button('Edit message').nth(at).click();
  await chat.page.getByRole('textbox', { name: 'Edit message' }).fill(text);
  await chat.button('Send again').click();
};

test('an earlier message is edited: both versions stay, and a person can switch between them', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 2');
  await chat.ask('count to 3');
  await chat.ask('count to 4');
  await editMessage(1, 'count to 6');
  await exactly('1 2 3 4 5 6').waitFor();
  await chat.answered();
  expect(await exactly('1 2').count()).toBe(1);
  expect(await exactly('1 2 3').count()).toBe(0);
  await chat.page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
  await chat.button('Version before').click();
  await exactly('1 2 3 4').waitFor();
  await chat.ask('count to 5');
  await chat.page.reload();
  await exactly('1 2 3 4 5').waitFor();
  await chat.button('Version after').click();
  await exactly('1 2 3 4 5 6').waitFor();
  expect(await exactly('1 2 3 4 5').count()).toBe(0);
  // The model has never seen the other version either.
  await chat.ask('what did I say?');
  // One conversation in the list, whatever the number of its versions; deleting it deletes them.
  await eventually(() => listed(chat).allInnerTexts(), ['count to 2']);
  await chat.button('More: count to 2').click();
  await chat.page.getByRole('menuitem', { name: 'Delete' }).click();
  await chat.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await listed(chat).waitFor({ state: 'detached' });
  const left = await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`);
  expect(await left.json()).toEqual([]);
  expect(chat.complaints).toEqual([]);
});

test('a conversation is renamed and pinned, in every tab; the list can be hidden', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  const tab = await chat.openTab();
  // A background tab draws slowly.
  await chat.page.bringToFront();
  await command('Rename');
  await chat.page.getByRole('textbox', { name: 'Title' }).fill('Three numbers');
  await chat.page.keyboard.press('Enter');
  await listed(tab).filter({ hasText: 'Three numbers' }).waitFor();
  await eventually(() => chat.page.title(), 'Three numbers · Lornu');
  // Whoever wants the whole window for the text hides the list, also after a reload.
  await chat.button('Hide the sidebar').click();
  await listed(chat).waitFor({ state: 'hidden' });
  await chat.page.reload();
  await chat.button('Show the sidebar').click();
  await listed(chat).waitFor();
  await command('Pin');
  await tab.page.getByRole('heading', { name: 'Pinned' }).waitFor();
  await chat.page.reload();
  await chat.page.getByRole('heading', { name: 'Pinned' }).waitFor();
  await command('Unpin');
  await tab.page.getByRole('heading', { name: 'Pinned' }).waitFor({ state: 'detached' });
});

test('a rename, a pin and a link leave a conversation where it is listed; a message moves it to the top', async () => {
  const said = (author: string, text: string) => ({
    invocationId: 'old',
    author,
    content: { role: author === 'user' ? 'user' : 'model', parts: [{ text }] },
  });
  const answer = await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: [said('user', 'old question'), said('lornu', 'old answer')] }),
  });
  const { id } = (await answer.json()) as { id: string };
  // The service itself never stores a time that has passed.
  const database = new Database(join(fixture.scratchDir, 'service/sessions.sqlite'));
  database.run('UPDATE sessions SET updated_us = 1700000000000000 WHERE id = ?', [id]);
  database.close();
  chat = await fixture.openPage({ hash: `#/lornu/${id}` });
  await exactly('old answer').waitFor();
  const groupOf = (title: string): Promise<string> =>
    chat.page.locator('.conversation-list section').filter({ hasText: title }).locator('h2').innerText();
  await command('Rename');
  await chat.page.getByRole('textbox', { name: 'Title' }).fill('An old one');
  await chat.page.keyboard.press('Enter');
  await eventually(() => groupOf('An old one'), 'Older');
  await command('Pin');
  await eventually(() => groupOf('An old one'), 'Pinned');
  await command('Unpin');
  await eventually(() => groupOf('An old one'), 'Older');
  await command('Share');
  await chat.button('Make a link').click();
  await chat.button('Stop sharing').click();
  await chat.button('Make a link').waitFor();
  await chat.button('Close').click();
  await chat.page.reload();
  await exactly('old answer').waitFor();
  await eventually(() => groupOf('An old one'), 'Older');
  await chat.say('count to 30, held after 10');
  await eventually(() => groupOf('An old one'), 'Today');
  await chat.button('Stop').click();
  await chat.answered();
});

test('each conversation in the list has its own menu, by keyboard too, whichever is open', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 5');
  await chat.ask('count to 6');
  await chat.button('Edit message').last().click();
  await chat.page.getByRole('textbox', { name: 'Edit message' }).fill('count to 8');
  await chat.button('Send again').click();
  await exactly('1 2 3 4 5 6 7 8').waitFor();
  await chat.answered();
  await chat.button('New conversation').click();
  await chat.ask('count to 4');
  const { keyboard } = chat.page;
  const menu = chat.button('More: count to 5');
  await menu.focus();
  await keyboard.press('Enter');
  // The event of a scroll before the click comes after it: nothing has moved since, and the menu stays.
  await chat.page.locator('.conversation-list:visible').dispatchEvent('scroll');
  await chat.page.getByRole('menu').waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('Escape');
  await eventually(() => menu.evaluate((button) => button === button.ownerDocument.activeElement), true);
  await chat.page.getByRole('menu').waitFor({ state: 'detached' });
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  await chat.page.getByRole('textbox', { name: 'Title' }).fill('Five');
  await keyboard.press('Enter');
  const pick = async (name: string): Promise<void> => {
    await chat.button('More: Five').click();
    await chat.page.getByRole('menuitem', { name, exact: true }).click();
  };
  await pick('Pin');
  const pinned = chat.page.getByRole('heading', { name: 'Pinned' });
  await pinned.waitFor();
  // Both versions have the name, and neither of them is pinned any more.
  await listed(chat).filter({ hasText: 'Five' }).click();
  await exactly('1 2 3 4 5 6 7 8').waitFor();
  await chat.button('Version before').click();
  await exactly('1 2 3 4 5 6').waitFor();
  await eventually(() => chat.page.title(), 'Five · Lornu');
  await pick('Unpin');
  await pinned.waitFor({ state: 'detached' });
  await listed(chat).filter({ hasText: 'count to 4' }).click();
  await exactly('1 2 3 4').waitFor();
  const download = chat.page.waitForEvent('download');
  await pick('Export as Markdown');
  expect((await download).suggestedFilename()).toBe('Five.md');
  await pick('Delete');
  await chat.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await listed(chat).filter({ hasText: 'Five' }).waitFor({ state: 'detached' });
  // The open one stays open.
  expect(await exactly('1 2 3 4').count()).toBe(1);
  expect(chat.complaints).toEqual([]);
});

test('Ctrl+K finds commands, titles and text of conversations; ? shows the keys', async () => {
  chat = await fixture.openPage();
  await chat.ask('note: the albatross is on Friday');
  await chat.button('New conversation').click();
  await chat.ask('count to 3');
  const { keyboard } = chat.page;
  const options = chat.page.getByRole('listbox', { name: 'Results' }).getByRole('option');
  await keyboard.press('Control+k');
  await keyboard.type('albatross is');
  const found = options.filter({ hasText: 'note: the albatross is on Friday' });
  await eventually(
    () => found.locator('mark').allInnerTexts(),
    ['albatross is', 'albatross is', 'albatross is'],
  );
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await chat.conversation.getByText('Save note').waitFor();
  await keyboard.press('Control+k');
  await keyboard.type('new conv');
  await options.first().waitFor();
  await keyboard.press('Enter');
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  await keyboard.press('?');
  await chat.page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await keyboard.press('Escape');
  await keyboard.type('why?');
  await chat.untilDraftIs('why?');
  expect(chat.complaints).toEqual([]);
});

test('a JSON export is imported as a conversation that can continue; Markdown is for people', async () => {
  chat = await fixture.openPage();
  await chat.ask('forget my notes');
  await chat.button('Decline').click();
  await chat.conversation.getByText('declined', { exact: true }).waitFor();
  await chat.ask('count to 7');
  const exported = async (name: string): Promise<[string, string]> => {
    const download = chat.page.waitForEvent('download');
    await command(name);
    return [(await download).suggestedFilename(), await readFile(await (await download).path(), 'utf8')];
  };
  const [markdownName, markdown] = await exported('Export as Markdown');
  expect(markdownName).toBe('forget my notes.md');
  expect(markdown).toMatch(
    /## You, [\d :-]+ UTC\n\ncount to 7\n\n## Agent, [\d :-]+ UTC\n\n1 2 3 4 5 6 7\n/u,
  );
  const [jsonName, json] = await exported('Export as JSON');
  const chooser = chat.page.waitForEvent('filechooser');
  await command('Import a conversation');
  const exportedFrom = chat.page.url();
  await (await chooser).setFiles({ name: jsonName, mimeType: 'application/json', buffer: Buffer.from(json) });
  await chat.page.waitForURL((url) => url.href !== exportedFrom);
  await listed(chat).nth(1).waitFor();
  await exactly('1 2 3 4 5 6 7').waitFor();
  await chat.ask('count to 8');
  await exactly('1 2 3 4 5 6 7 8').waitFor();
  const wrong = chat.page.waitForEvent('filechooser');
  await command('Import a conversation');
  await (await wrong).setFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('[]') });
  await chat.page.getByText('This file holds no conversation.').waitFor();
});

test('a link lets others read a conversation with its files, and write nothing, until it is revoked', async () => {
  chat = await fixture.openPage();
  await chat.ask('draw a chart of the status');
  await command('Share');
  await chat.button('Make a link').click();
  const link = await chat.page.getByRole('textbox', { name: 'Link' }).inputValue();
  const other = await fixture.openPage({ hash: new URL(link).hash, isChat: false });
  try {
    await other.conversation.getByText('draw a chart of the status').waitFor();
    await other.page.getByRole('img', { name: 'environment-status.svg' }).waitFor();
    expect(await other.message.count()).toBe(0);
    expect(await other.page.getByRole('button', { name: /edit|try again/iu }).count()).toBe(0);
    await chat.button('Stop sharing').click();
    await chat.button('Make a link').waitFor();
    await other.page.reload();
    await other.page.getByRole('alert').getByText('This conversation is not there.').waitFor();
    expect(other.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  } finally {
    await other.close();
  }
});
