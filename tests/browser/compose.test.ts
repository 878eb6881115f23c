import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { bitmap, drawPicture } from './pictures.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

const attached = (): Locator =>
  chat.page.getByRole('list', { name: 'Files of this message' }).getByRole('listitem');
const focused = (): Promise<string> => chat.page.evaluate('document.activeElement.id');
/** Drops or pastes a file as a browser does. */
const hand = (event: 'drop' | 'paste', name: string, type: string, text: string): Promise<unknown> =>
  chat.page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    const target = document.querySelector('#message');
    target.dispatchEvent(${event === 'drop' ? "new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })" : "new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data })"});
  })()`);

test('the message box has the focus: on load, and after another conversation is opened', async () => {
  chat = await fixture.openPage();
  await eventually(focused, 'message');
  await chat.page.keyboard.type('count to 3');
  await chat.page.keyboard.press('Enter');
  await chat.answered();
  await chat.button('New conversation').click();
  await chat.ask('count to 4');
  await chat.page.getByRole('link', { name: 'count to 3' }).click();
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  await eventually(focused, 'message');
  await chat.close();
  // On a touch screen it would open the keyboard.
  chat = await fixture.openPage({ width: 390, height: 844 });
  expect(await focused()).toBe('');
});

test('files by button, drop and paste reach the model, and are there after a reload', async () => {
  chat = await fixture.openPage();
  await chat.page.locator('input[type=file]').setInputFiles([
    { name: 'chart.png', mimeType: 'image/png', buffer: await drawPicture(chat.page, 40) },
    { name: 'terms.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
  ]);
  await attached().nth(1).waitFor();
  await hand('drop', 'tune.wav', 'audio/x-wav', 'RIFF');
  await attached().nth(2).waitFor();
  await hand('paste', 'notes.md', 'text/markdown', '# Notes');
  await attached().nth(3).waitFor();
  expect(await chat.page.locator('.attachments > p').innerText()).toMatch(/ of 14\.0 MB$/u);
  await hand('paste', 'typo.txt', 'text/plain', 'x');
  await chat.button('Remove typo.txt').click();
  await chat.ask('what is in these files?');
  expect(await attached().count()).toBe(0);
  // The stand-in names the files that the model received.
  for (const type of ['image/png', 'application/pdf', 'audio/wav', 'text/markdown'])
    await chat.conversation.getByText(new RegExp(`bytes \\(${type}\\)`, 'u')).waitFor();
  const shown = async (): Promise<void> => {
    await chat.conversation.getByRole('img', { name: 'chart.png' }).waitFor();
    for (const name of ['terms.pdf', 'tune.wav', 'notes.md'])
      await chat.page.getByRole('figure', { name: `File ${name}` }).waitFor();
  };
  await shown();
  await chat.page.reload();
  await shown();
  // The service stores what google-adk stores of such a message, and what was sent to the model.
  const [, app, sessionId] = new URL(chat.page.url()).hash.split('/');
  const session = (await (
    await fetch(`${fixture.service.url}/apps/${app}/users/user/sessions/${sessionId}`)
  ).json()) as { events: { content: { parts: { text?: string; inlineData?: { mimeType: string } }[] } }[] };
  expect(
    session.events[0]?.content.parts.map(({ text, inlineData }) => text ?? inlineData?.mimeType),
  ).toEqual(['image/png', 'application/pdf', 'audio/wav', 'text/markdown', 'what is in these files?']);
  expect(chat.complaints).toEqual([]);
});

test("a draft's files survive a reload until they are sent", async () => {
  chat = await fixture.openPage();
  await chat.page
    .locator('input[type=file]')
    .setInputFiles({ name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes') });
  await attached().waitFor();
  const isKept = async (): Promise<boolean> =>
    chat.page.evaluate<boolean>(`new Promise((resolve) => {
      const open = indexedDB.open('lornu', 1);
      open.onupgradeneeded = () => open.result.createObjectStore('files');
      open.onsuccess = () => {
        const count = open.result.transaction('files').objectStore('files').count();
        count.onsuccess = () => { open.result.close(); resolve(count.result > 0); };
      };
    })`);
  while (!(await isKept())) await Bun.sleep(20);
  await chat.page.reload();
  await attached().getByText('notes.md').waitFor();
  await chat.ask('what is in it?');
  await chat.conversation.getByText(/bytes \(text\/markdown\)/u).waitFor();
  while (await isKept()) await Bun.sleep(20);
  await chat.page.reload();
  await chat.conversation.getByText(/bytes \(text\/markdown\)/u).waitFor();
  await chat.button('New conversation').click();
  await chat.page.getByRole('heading', { name: 'What shall we look at?' }).waitFor();
  expect(await attached().count()).toBe(0);
});

test('limits are shown before sending: a picture that the model cannot read is converted, too much and a program are refused', async () => {
  chat = await fixture.openPage({ width: 390, height: 844 });
  expect(await chat.button('Attach files').getAttribute('title')).toContain('14.0 MB together');
  const input = chat.page.locator('input[type=file]');
  await input.setInputFiles({ name: 'old.bmp', mimeType: 'image/bmp', buffer: bitmap() });
  await attached().waitFor();
  const book = join(fixture.scratchDir, 'book.pdf');
  await Bun.write(book, Buffer.alloc(14_000_000, '%'));
  await input.setInputFiles(book);
  await chat.page.getByText('“book.pdf” is too large: 14.0 MB.').waitFor();
  // A notice covers neither the message box nor the buttons of the header.
  const [shown, box, header] = await Promise.all(
    ['.toast', '.composer', '.topbar'].map((selector) => chat.page.locator(selector).boundingBox()),
  );
  expect(shown && box && shown.y + shown.height < box.y).toBe(true);
  expect(shown && header && shown.y > header.y + header.height).toBe(true);
  await input.setInputFiles({ name: 'a.out', mimeType: '', buffer: Buffer.from([0x7f, 0x45, 0, 0xff]) });
  await chat.page.getByText('The model cannot read “a.out”.').waitFor();
  expect(await attached().count()).toBe(1);
  await chat.say('');
  await chat.conversation.getByRole('img', { name: 'old.bmp' }).waitFor();
  await chat.answered();
  await eventually(() => chat.page.title(), 'old.bmp · Lornu');
});

test('the arrow up recalls earlier messages, and the arrow down later ones', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 2');
  await chat.ask('count to 3');
  const { keyboard } = chat.page;
  const steps = [
    ['ArrowUp', 'count to 3'],
    ['ArrowUp', 'count to 2'],
    ['ArrowUp', 'count to 2'],
    ['ArrowDown', 'count to 3'],
    ['ArrowDown', ''],
  ] as const;
  for (const [key, expected] of steps) {
    await keyboard.press(key);
    await chat.untilDraftIs(expected);
  }
  await keyboard.type('a draft of my own');
  await keyboard.press('ArrowUp');
  await chat.untilDraftIs('a draft of my own');
});

test('a reader further up sees a hint at new text below, and is not scrolled', async () => {
  chat = await fixture.openPage();
  await chat.ask('long answer of 900 words');
  await chat.say('count to 60, held after 10');
  await chat.conversation.getByText(/^1 2 3/u).waitFor();
  await chat.conversation.hover();
  await chat.page.mouse.wheel(0, -1_500);
  await chat.button('To the latest').waitFor();
  const top = await chat.conversation.evaluate('document.querySelector(".messages").scrollTop');
  await chat.message.fill('count to 4');
  await chat.message.press('Enter');
  await chat.page.getByRole('region', { name: 'Queued messages' }).waitFor();
  await fixture.release();
  await chat.button('New messages below').waitFor();
  expect(await chat.conversation.evaluate('document.querySelector(".messages").scrollTop')).toBe(top);
  await chat.button('New messages below').click();
  await chat.conversation.getByText('1 2 3 4', { exact: true }).waitFor();
});
