import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { LOOKS, violations } from './axe.ts';
import type { ChatPage } from './chat-page.ts';
import { layCable } from './cable.ts';
import { SCENE_ENV, SCENES } from './scenes.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture({ env: SCENE_ENV });
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

/** The scenes take turns through the looks. */
test.each(
  SCENES.filter(({ isSample }) => isSample).map((scene, index) => ({
    ...scene,
    look: LOOKS[index % LOOKS.length],
  })),
)('axe finds nothing in the scene "$name"', async ({ reach, look }) => {
  const cable = layCable(fixture.service.url);
  try {
    chat = await fixture.openPage({ ...look, url: cable.url });
    await reach(chat, cable);
    expect(await violations(chat)).toEqual([]);
  } finally {
    cable.stop();
  }
});

test('axe finds a page that was broken on purpose', async () => {
  chat = await fixture.openPage();
  await chat.page.evaluate(
    "document.querySelector('[aria-label=\"Message\"]').removeAttribute('aria-label')",
  );
  await chat.page.evaluate("document.querySelector('#message').removeAttribute('placeholder')");
  expect(await violations(chat)).toEqual(['label: #message']);
});

test('everything can be done by keyboard: send, open a tool call, confirm, edit, open another conversation', async () => {
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

  // The focus is in the message box; one key returns there from elsewhere.
  await eventually(focused, 'Message');
  await tabTo('Skip to the message field', 'Shift+Tab');
  await keyboard.press('Enter');
  await eventually(focused, 'Message');
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
  await eventually(focused, 'Message');
  await tabTo('New conversation', 'Shift+Tab');
  await keyboard.press('Enter');
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  await eventually(focused, 'Message');
  await tabTo('forget my notes, by keyboard', 'Shift+Tab');
  await keyboard.press('Enter');
  await chat.conversation.getByText('Delete notes', { exact: true }).waitFor();
});

test('the focus is never lost: what goes away under it hands it to the message box, or to what opened it', async () => {
  chat = await fixture.openPage();
  const { page } = chat;
  const focused = (): Promise<string | null> =>
    page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName");
  const press = async (name: string): Promise<void> => {
    await chat.button(name).last().focus();
    await page.keyboard.press('Enter');
  };

  await chat.ask('forget my notes, without a mouse');
  for (const leave of [['Escape'], ['Tab', 'Enter']]) {
    await press('Edit message');
    for (const key of leave) await page.keyboard.press(key);
    await eventually(focused, 'Edit message');
  }
  await press('Approve');
  await eventually(focused, 'Message');
  await chat.answered();

  await press('More');
  await page.getByRole('menuitem', { name: 'Share', exact: true }).press('Enter');
  await press('Make a link');
  await eventually(focused, 'Link');
  await press('Stop sharing');
  await chat.button('Make a link').waitFor();
  await eventually(async () => page.evaluate('document.activeElement.innerText'), 'Close');
  await page.keyboard.press('Enter');
  await eventually(focused, 'More');

  const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') };
  await page.locator('input[type=file]').setInputFiles(file);
  await press('Remove notes.txt');
  await eventually(focused, 'Message');
});

test('a notice is in front of the dialog that it is about, and can be dismissed there', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 2');
  await chat.page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))');
  await chat.button('More').click();
  await chat.page.getByRole('menuitem', { name: 'Share', exact: true }).click();
  const dialog = chat.page.getByRole('dialog', { name: 'Share this conversation' });
  await dialog.getByRole('button', { name: 'Make a link' }).click();
  await dialog.getByRole('button', { name: 'Copy link' }).click();
  const notice = dialog.getByRole('status').getByText(/does not allow copying here/u);
  await notice.waitFor();
  await dialog.getByRole('button', { name: 'Dismiss' }).click();
  await notice.waitFor({ state: 'detached' });
});

test("on a phone's width nothing overflows, and the conversations are in a drawer", async () => {
  chat = await fixture.openPage({ width: 390, height: 844 });
  await chat.ask('show me markdown on a phone');
  expect(await violations(chat)).toEqual([]);
  for (const [item, name] of [
    ['Rename', 'Rename this conversation'],
    ['Share', 'Share this conversation'],
    ['Delete', 'Delete this conversation?'],
    ['Keys', 'Keys'],
  ] as const) {
    await chat.button('More').click();
    await chat.page.getByRole('menuitem', { name: item, exact: true }).click();
    const dialog = chat.page.getByRole('dialog', { name, exact: true });
    await dialog.waitFor();
    expect([name, await violations(chat)]).toEqual([name, []]);
    await dialog.getByRole('button', { name: /^(?:Close|Cancel|Keep it)$/u }).click();
  }
  await chat.button('Conversations').click();
  const drawer = chat.page.getByRole('dialog', { name: 'Conversations' });
  await drawer.getByRole('link', { name: 'show me markdown on a phone' }).waitFor();
  expect(await violations(chat)).toEqual([]);
  await drawer.getByRole('button', { name: 'New conversation' }).click();
  await drawer.waitFor({ state: 'hidden' });
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
});

test('at 200 % nothing overflows and everything can be reached', async () => {
  // A window of 1280 at 200 % has 640 CSS pixels; WCAG 1.4.10 goes down to 320.
  for (const width of [640, 320]) {
    chat = await fixture.openPage({ width, height: 410 });
    await chat.ask('show me markdown');
    await chat.button('More').click();
    const keys = chat.page.getByRole('menuitem', { name: 'Keys' });
    await keys.scrollIntoViewIfNeeded();
    await keys.click();
    await chat.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await chat.page.keyboard.press('Escape');
    expect(await chat.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    expect((await chat.message.boundingBox())?.width).toBeGreaterThan(100);
    await chat.close();
  }
});

test('in a low window a long draft leaves room for the conversation, and the drawer for its list', async () => {
  // A phone on its side with its keyboard open; a window of 1280 by 1024 at 400 % is hardly higher.
  chat = await fixture.openPage({ width: 700, height: 220 });
  await chat.ask('count to 2');
  await chat.message.fill('one more line\n'.repeat(14));
  await eventually(async () => ((await chat.conversation.boundingBox())?.height ?? 0) > 30, true);
  expect(await chat.page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
  await chat.button('Conversations').click();
  const drawer = chat.page.getByRole('dialog', { name: 'Conversations' });
  const list = drawer.getByRole('navigation', { name: 'Conversations' });
  expect((await list.boundingBox())?.height).toBeGreaterThan(100);
});

test('with forced colours, selection and focus are still visible', async () => {
  chat = await fixture.openPage();
  await chat.page.emulateMedia({ forcedColors: 'active' });
  await chat.ask('note: in forced colours');
  await chat.page.keyboard.press('Control+k');
  const styleOf = (selector: string, property: string): Promise<string> =>
    chat.page
      .locator(selector)
      .first()
      .evaluate(
        (element, name) =>
          element.ownerDocument.defaultView?.getComputedStyle(element).getPropertyValue(name) ?? '',
        property,
      );
  await chat.page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().waitFor();
  expect(await styleOf('[role=option][aria-selected=true]', 'outline-style')).toBe('solid');
  await chat.page.keyboard.press('Escape');
  for (const selector of ['.send', '.composer', '.tool'])
    expect([selector, await styleOf(selector, 'border-top-style')]).toEqual([selector, 'solid']);
  expect(await styleOf('.conversation-list .is-current', 'outline-style')).toBe('solid');
});

test('with reduced motion nothing is animated', async () => {
  chat = await fixture.openPage();
  await chat.page.emulateMedia({ reducedMotion: 'reduce' });
  await chat.say('count to 60, held after 20');
  await chat.conversation.getByText(/^1 2 3/u).waitFor();
  const moving = await chat.page.evaluate(
    'document.getAnimations().filter(({ effect }) => effect.getComputedTiming().duration > 1).length',
  );
  expect(moving).toBe(0);
  await chat.button('Stop').click();
  await chat.answered();
});
