import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import type { AdkEvent } from '@lornu/frontend/src/api/types.ts';
import { layCable } from './cable.ts';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { drawPicture } from './pictures.ts';
import { eventually } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

const BOOK = 'a book about deployments in general, second edition.pdf';

const attached = (): Locator =>
  chat.page.getByRole('list', { name: 'Files of this message' }).getByRole('listitem');
const file = (name: string): Locator => chat.page.getByRole('figure', { name: `File ${name}` });
const sessionPath = (): string =>
  `${fixture.service.url}/apps/lornu/users/user/sessions/${new URL(chat.page.url()).hash.split('/').at(-1)}`;
const eventsAt = async (path: string): Promise<AdkEvent[]> =>
  ((await (await fetch(path)).json()) as { events: AdkEvent[] }).events;
const artifactsAt = async (path: string): Promise<unknown> => (await fetch(`${path}/artifacts`)).json();

async function attach(name: string, mimeType: string, buffer: Buffer): Promise<void> {
  const before = await attached().count();
  await chat.page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });
  await attached().nth(before).waitFor();
}

/** Sends a message to this conversation from another device, and waits for the answer. */
async function sayElsewhere(text: string): Promise<void> {
  const [, appName, sessionId] = new URL(chat.page.url()).hash.split('/');
  const answer = await fetch(`${fixture.service.url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      appName,
      userId: 'user',
      sessionId,
      newMessage: { role: 'user', parts: [{ text }] },
    }),
  });
  await answer.text();
}

test('files of megabytes reach the model, are there after a reload, in a version, an export and its import, and go with the conversation', async () => {
  chat = await fixture.openPage();
  const picture = await drawPicture(chat.page, 600);
  expect(picture.length).toBeGreaterThan(1_000_000);
  await attach('photo.png', 'image/png', picture);
  await attach('report 100%/№1.pdf', 'application/pdf', Buffer.alloc(1_200_000, '%PDF-1.7 '));
  await attach('talk.mp3', 'audio/mpeg', Buffer.alloc(900_000, 1));
  await attach('notes.md', 'text/markdown', Buffer.from('# Notes'));
  const received = [
    `${picture.length} bytes (image/png)`,
    '1200000 bytes (application/pdf)',
    '900000 bytes (audio/mpeg)',
    '7 bytes (text/markdown)',
  ];
  const shows = async (): Promise<void> => {
    const image = chat.conversation.getByRole('img', { name: 'photo.png' });
    await eventually(
      () => image.evaluate((element) => 'naturalWidth' in element && element.naturalWidth),
      600,
    );
    await file('report 100%/№1.pdf').getByText('1.2 MB').waitFor();
    await file('talk.mp3').locator('audio').waitFor();
    for (const words of received) await chat.conversation.getByText(words).first().waitFor();
  };
  await chat.ask('what is in these?');
  await shows();
  // The message box became smaller. That must not count as scrolling.
  expect(await chat.button(/^(?:To the latest|New messages below)$/u).count()).toBe(0);
  await chat.page.reload();
  await shows();
  const first = sessionPath();
  const [message] = await eventsAt(first);
  // Only the small file is in the message itself, and fits into a Firestore document.
  expect(JSON.stringify(message).length).toBeLessThan(10_000);
  expect(
    message?.content?.parts?.map(({ inlineData, fileData }) => (inlineData ?? fileData)?.displayName),
  ).toEqual(['photo.png', 'report 100%/№1.pdf', 'talk.mp3', 'notes.md', undefined]);

  await chat.button('Edit message').click();
  await chat.page.getByRole('textbox', { name: 'Edit message' }).fill('and now?');
  await chat.button('Send again').click();
  await chat.conversation.getByText('You said: and now?').waitFor();
  await shows();
  expect(sessionPath()).not.toBe(first);

  await chat.button('More').click();
  const download = chat.page.waitForEvent('download');
  await chat.page.getByRole('menuitem', { name: 'Export as JSON' }).click();
  const exported = await readFile(await (await download).path());
  const last = sessionPath();
  await chat.page
    .getByRole('navigation')
    .getByRole('button', { name: /^More: / })
    .first()
    .click();
  await chat.page.getByRole('menuitem', { name: 'Delete' }).click();
  await chat.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await chat.page.getByText('Conversation deleted.').waitFor();
  for (const path of [first, last]) expect(await artifactsAt(path)).toEqual([]);

  await chat.button('More').click();
  const chooser = chat.page.waitForEvent('filechooser');
  await chat.page.getByRole('menuitem', { name: 'Import a conversation' }).click();
  await (await chooser).setFiles({ name: 'kept.json', mimeType: 'application/json', buffer: exported });
  await shows();
  await chat.ask('still there?');
  await chat.conversation.getByText('You said: still there?').waitFor();
  expect(chat.complaints).toEqual([]);
});

test('an upload shows its progress; after a cut or stopped upload the message is in the box again, the page stays in step with other devices, and the message can be sent again', async () => {
  const cable = layCable(fixture.service.url);
  try {
    chat = await fixture.openPage({ url: cable.url, width: 390, height: 844 });
    await chat.ask('count to 2');
    const network = await chat.context.newCDPSession(chat.page);
    const limit = (uploadThroughput: number) =>
      network.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await attach(BOOK, 'application/pdf', Buffer.alloc(2_000_000, '%'));
    const progress = chat.page.getByRole('progressbar', { name: `Uploading ${BOOK}` });
    for (const end of ['cut', 'stopped']) {
      await limit(200_000);
      await chat.say('read this');
      await progress.waitFor();
      await chat.page.getByText(/^\d.* of 2\.0 MB$/u).waitFor();
      if (end === 'cut') {
        cable.pull();
        await chat.page.getByRole('alert').getByText('The service cannot be reached.').waitFor();
        expect(await chat.page.getByRole('alert').getByRole('button', { name: 'Try again' }).count()).toBe(0);
        cable.plugIn();
        await sayElsewhere('count to 3');
        await chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
        await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
        await chat.page.getByRole('alert').getByText('The service cannot be reached.').waitFor();
      } else await chat.button('Stop').click();
      await attached().getByText(BOOK).waitFor();
      await chat.untilDraftIs('read this');
      await eventually(() => chat.conversation.getByRole('article').count(), 2);
    }
    await limit(-1);
    await chat.say('');
    await chat.conversation.getByText('2000000 bytes (application/pdf)').waitFor();
    await progress.waitFor({ state: 'detached' });
    await chat.untilDraftIs('');
    // A long name is shortened, so that the card fits on the screen.
    expect((await file(BOOK).boundingBox())?.x).toBeGreaterThanOrEqual(0);
  } finally {
    cable.stop();
  }
});
