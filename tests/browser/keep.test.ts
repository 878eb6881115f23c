import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
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

const listed = (page: ChatPage) =>
  page.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link');

test('a reload returns to the conversation and to the draft', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 7');
  await chat.message.fill('half a thought');
  await chat.page.reload();
  await chat.conversation.getByText('1 2 3 4 5 6 7', { exact: true }).waitFor();
  await chat.untilDraftIs('half a thought');
});

test('a conversation is listed under its first message, and opens from the list', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 8');
  await chat.button('New conversation').click();
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  await listed(chat).filter({ hasText: 'count to 8' }).click();
  await chat.conversation.getByText('1 2 3 4 5 6 7 8', { exact: true }).waitFor();
  await eventually(() => chat.page.title(), 'count to 8 · Lornu');
});

test('an answer continues while another conversation is shown', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 30, held after 10');
  await chat.conversation.getByText(/1 2 3/u).waitFor();
  await chat.button('New conversation').click();
  await chat.ask('count to 2');
  await fixture.release();
  await listed(chat).filter({ hasText: 'count to 30' }).click();
  await chat.conversation.getByText(/29 30$/u).waitFor();
});

test('a deleted conversation is gone from the list, from every tab and from the service', async () => {
  chat = await fixture.openPage();
  await chat.ask('delete me');
  const tab = await chat.openTab();
  await chat.page.bringToFront();
  await chat.button('More').click();
  await chat.page.getByRole('menuitem', { name: 'Delete' }).click();
  const question = chat.page.getByRole('dialog', { name: 'Delete this conversation?' });
  await question.getByRole('button', { name: 'Delete' }).click();
  await chat.page.getByText('Conversation deleted.').waitFor();
  for (const page of [chat, tab])
    await listed(page).filter({ hasText: 'delete me' }).waitFor({ state: 'detached' });
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
});

test('two tabs on one conversation show the same', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  const tab = await chat.openTab();
  await tab.conversation.getByText('1 2 3', { exact: true }).waitFor();
  await chat.ask('count to 6');
  await tab.conversation.getByText('1 2 3 4 5 6', { exact: true }).waitFor();
});

test('a missing conversation says so, and what to do', async () => {
  chat = await fixture.openPage({ hash: '#/lornu/no-such-session' });
  await chat.page.getByRole('alert').getByText('Pick another conversation or begin a new one.').waitFor();
  await chat.page.getByRole('alert').getByRole('link', { name: 'New conversation' }).click();
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  await chat.ask('count to 2');
  await chat.conversation.getByText('1 2', { exact: true }).waitFor();
});

test('a conversation of 120 turns and a list of 101 are shown in part; what is searched for is all there', async () => {
  const base = `${fixture.service.url}/apps/incident/users/user/sessions`;
  const create = (body: unknown): Promise<Response> =>
    fetch(base, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const events = Array.from({ length: 240 }, (_, index) => ({
    id: `event-${index}`,
    invocationId: `turn-${Math.floor(index / 2)}`,
    author: index % 2 === 0 ? 'user' : 'incident',
    timestamp: 1_700_000_000 + index,
    content: { role: index % 2 === 0 ? 'user' : 'model', parts: [{ text: `**message** ${index}` }] },
  }));
  await create({ sessionId: 'long', events });
  await Promise.all(Array.from({ length: 100 }, (_, index) => create({ sessionId: `short-${index}` })));

  chat = await fixture.openPage({ hash: '#/incident/long' });
  await chat.conversation.getByText('message 239').waitFor();
  expect(await chat.conversation.getByRole('article').count()).toBe(50);
  await chat.button('Show earlier').click();
  await chat.conversation.getByText('message 41', { exact: true }).waitFor();
  expect(await chat.conversation.getByRole('article').count()).toBe(100);
  // A turn that is added at the end, by another tab, takes none away from whoever reads further up.
  const earliest = await chat.conversation.getByRole('article').first().innerText();
  const tab = await chat.openTab();
  await tab.say('count to 2');
  await chat.conversation.getByText('1 2', { exact: true }).waitFor();
  expect(await chat.conversation.getByRole('article').first().innerText()).toBe(earliest);
  // The command palette opens a conversation where the words were said, and marks them.
  const said = chat.conversation.getByText('message 25', { exact: true });
  expect(await said.count()).toBe(0);
  await chat.page.keyboard.press('Control+k');
  await chat.page.keyboard.type('message 25');
  await chat.page.getByRole('option').filter({ hasText: 'message 25' }).click();
  await chat.page.locator('article:focus').filter({ hasText: 'message 25' }).waitFor();
  const topOf = () => said.evaluate((element) => element.getBoundingClientRect().top);
  const top = await topOf();
  expect(top).toBeGreaterThan(50);
  expect(top).toBeLessThan(700);
  expect(await chat.page.evaluate("[...CSS.highlights.get('found-words')].map(String)")).toEqual([
    'message 25',
  ]);
  // The browser's own search finds only what is in the page, so Ctrl+F shows the rest; what is read stays in place.
  await chat.page.keyboard.press('Control+f');
  await chat.conversation.getByText('message 1', { exact: true }).waitFor({ state: 'attached' });
  expect(await chat.conversation.getByRole('article').count()).toBe(121);
  expect(Math.abs((await topOf()) - top)).toBeLessThan(3);
  expect(await listed(chat).count()).toBe(100);
  await chat.button('Show older').click();
  await listed(chat).nth(100).waitFor();
});

test('a chosen theme is kept, in every tab', async () => {
  chat = await fixture.openPage();
  const ground = (page: ChatPage) => page.page.evaluate('getComputedStyle(document.body).backgroundColor');
  const light = await ground(chat);
  const isDark = async (): Promise<boolean> => (await ground(chat)) !== light;
  const tab = await chat.openTab();
  // A background tab draws slowly.
  await chat.page.bringToFront();
  await chat.button('Theme: as the system').click();
  await chat.button('Theme: light').click();
  await eventually(isDark, true);
  await tab.page.bringToFront();
  await tab.button('Theme: dark').waitFor();
  await chat.page.bringToFront();
  await chat.page.reload();
  await chat.button('Theme: dark').waitFor();
  await eventually(isDark, true);
});

test('an unreachable service is reported, and the page continues when it is back', async () => {
  chat = await fixture.openPage();
  await chat.context.setOffline(true);
  await chat.say('hello');
  await chat.page.getByRole('alert').getByText('The service cannot be reached.').waitFor();
  await chat.context.setOffline(false);
  await chat.page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
  await chat.conversation
    .getByText(/stand-in/iu)
    .first()
    .waitFor();
});

test('retrying a failed load loads again, and does not rewind the last answer', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  await chat.context.setOffline(true);
  await chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
  const alert = chat.page.getByRole('alert');
  await alert.getByText('The service cannot be reached.').waitFor();
  await chat.context.setOffline(false);
  const requested: string[] = [];
  chat.page.on('request', (request) =>
    requested.push(`${request.method()} ${request.url().split('/').at(-1)}`),
  );
  const runsRead = chat.page.waitForResponse(/\/runs$/u);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await runsRead;
  await alert.waitFor({ state: 'detached' });
  expect(requested.filter((request) => request.startsWith('POST'))).toEqual([]);
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
});

test('a printed conversation has all of its turns, dark on light, without what a person presses', async () => {
  const turns = 60;
  const events = Array.from({ length: 2 * turns }, (_, index) => ({
    id: `event-${index}`,
    invocationId: `turn-${Math.floor(index / 2)}`,
    author: index % 2 === 0 ? 'user' : 'lornu',
    content: { role: index % 2 === 0 ? 'user' : 'model', parts: [{ text: `to print ${index}` }] },
  }));
  await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId: 'to-print', events }),
  });
  chat = await fixture.openPage({ hash: '#/lornu/to-print', theme: 'dark' });
  await chat.conversation.getByText('to print 119', { exact: true }).waitFor();
  await chat.page.evaluate("document.documentElement.dataset['theme'] = 'dark'");
  const pdf = await chat.page.pdf();
  expect(await chat.page.getByRole('article').count()).toBe(turns);
  expect(pdf.toString('latin1').match(/\/Type \/Page\b/gu)?.length).toBeGreaterThan(5);
  await chat.page.emulateMedia({ media: 'print' });
  expect(await chat.page.getByRole('button').and(chat.page.locator(':visible')).count()).toBe(0);
  await chat.message.waitFor({ state: 'hidden' });
  expect(await chat.page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(29, 28, 26)');
});
