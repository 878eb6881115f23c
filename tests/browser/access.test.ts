import axe, { type AxeResults } from 'axe-core';
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

/** What axe finds wrong with what is on the page now, one line each. */
async function violations({ page }: ChatPage): Promise<string[]> {
  // Playwright evaluates outside the page's policy, as a browser extension would.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

const STATES: [name: string, reach: (page: ChatPage) => Promise<void>][] = [
  ['empty', async () => {}],
  ['Markdown, with a code block and a table', (page) => page.ask('show me markdown')],
  [
    'a tool call that is open',
    async (page) => {
      await page.ask('note: axe is here');
      await page.conversation.getByText('Save note').click();
      await page.conversation.getByText('"count"', { exact: true }).waitFor();
    },
  ],
  ['a confirmation', (page) => page.ask('forget my notes')],
  ['a failure', (page) => page.ask('simulate 400')],
  [
    'the question before a conversation is deleted',
    async (page) => {
      await page.ask('hello');
      await page.button('Delete hello').first().click();
      await page.page.getByRole('dialog').waitFor();
    },
  ],
];

describe.each(['light', 'dark'] as const)('axe finds nothing in the %s theme', (theme) => {
  test('in any state of the page', async () => {
    chat = await fixture.openPage({ theme });
    const found: Record<string, string[]> = {};
    for (const [name, reach] of STATES) {
      await chat.page.goto('/#/lornu');
      await chat.page.reload();
      await chat.message.waitFor();
      await reach(chat);
      found[name] = await violations(chat);
    }
    expect(found).toEqual(Object.fromEntries(STATES.map(([name]) => [name, []])));
  });
});

test('axe finds what is wrong: a page spoiled on purpose is not let through', async () => {
  chat = await fixture.openPage();
  await chat.page.evaluate(
    "document.querySelector('[aria-label=\"Message\"]').removeAttribute('aria-label')",
  );
  await chat.page.evaluate("document.querySelector('#message').removeAttribute('placeholder')");
  expect(await violations(chat)).toEqual(['label: #message']);
});

test('everything can be done by keyboard: send, open a tool call, confirm, edit, go to another conversation', async () => {
  chat = await fixture.openPage();
  const { keyboard } = chat.page;
  const focused = (): Promise<string> =>
    chat.page.evaluate(
      "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || document.activeElement.tagName",
    );
  const tabTo = async (name: string, key = 'Tab'): Promise<void> => {
    for (let presses = 0; presses < 60; presses++) {
      if ((await focused()).trim().startsWith(name)) return;
      await keyboard.press(key);
    }
    throw new Error(`"${name}" cannot be reached by ${key}; the focus is on "${await focused()}".`);
  };

  // Where a person writes at once; after going elsewhere one key brings them back.
  expect(await focused()).toBe('Message');
  await tabTo('Skip to the message field', 'Shift+Tab');
  await keyboard.press('Enter');
  expect(await focused()).toBe('Message');
  await keyboard.type('forget my notes, by keyboard');
  await keyboard.press('Enter');
  await chat.button('Approve').waitFor();
  await chat.answered();
  await tabTo('Delete notes', 'Shift+Tab');
  await keyboard.press('Enter');
  await chat.conversation.getByText('Called without arguments.').waitFor();
  await tabTo('Approve');
  await keyboard.press('Enter');
  await chat.conversation.getByText('done', { exact: true }).waitFor();
  await chat.answered();
  await keyboard.press('/');
  expect(await focused()).toBe('Message');
  await tabTo('New conversation', 'Shift+Tab');
  await keyboard.press('Enter');
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  expect(await focused()).toBe('Message');
  await tabTo('forget my notes, by keyboard', 'Shift+Tab');
  await keyboard.press('Enter');
  await chat.conversation.getByText('Delete notes', { exact: true }).waitFor();
});

test('on a phone’s width nothing sticks out, and the conversations are in a drawer', async () => {
  chat = await fixture.openPage({ width: 390, height: 844 });
  await chat.ask('show me markdown on a phone');
  const overflow = await chat.page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(overflow).toBe(0);
  await chat.button('Conversations').click();
  const drawer = chat.page.getByRole('dialog', { name: 'Conversations' });
  await drawer.getByRole('link', { name: 'show me markdown on a phone' }).waitFor();
  expect(await violations(chat)).toEqual([]);
  await drawer.getByRole('button', { name: 'New conversation' }).click();
  await drawer.waitFor({ state: 'hidden' });
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
});

test('a screen reader is told when the agent begins and ends, and not every word', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 30 every 30 ms');
  const status = chat.page.getByRole('status').filter({ hasText: 'The answer is coming.' });
  await status.waitFor({ state: 'attached' });
  expect(await chat.conversation.getByRole('article').last().getAttribute('aria-live')).toBeNull();
  await chat.answered();
  await chat.page
    .getByRole('status')
    .filter({ hasText: 'The answer is complete.' })
    .waitFor({ state: 'attached' });
});
