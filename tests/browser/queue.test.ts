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

const queued = (page: ChatPage) => page.page.getByRole('region', { name: 'Queued messages' });
const exactly = (page: ChatPage, text: string) => page.conversation.getByText(text, { exact: true });

test('while an answer streams, a person queues messages, takes one back, and sees the others answered in order', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 60, held after 20');
  await chat.conversation.getByText(/^1 2 3/u).waitFor();
  await chat.say('count to 4');
  await chat.say('never mind');
  const notes = { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes') };
  await chat.page.locator('input[type=file]').setInputFiles(notes);
  await chat.button('Remove notes.md').waitFor();
  await chat.say('count to 5');
  await queued(chat).getByText('Queued').nth(2).waitFor();
  await chat.untilDraftIs('');
  // Text typed meanwhile is kept beside the message that was taken back.
  await chat.message.fill('a draft');
  await queued(chat).getByRole('button', { name: 'Take back' }).nth(1).click();
  await chat.untilDraftIs('never mind\na draft');
  // The service stores them: after a reload they are still queued.
  await chat.page.reload();
  await queued(chat).getByText('count to 5').waitFor();
  expect(await queued(chat).innerText()).toContain('notes.md');
  expect(await queued(chat).innerText()).not.toContain('never mind');
  await chat.untilDraftIs('never mind\na draft');
  await fixture.release();
  await exactly(chat, '1 2 3 4').waitFor();
  await exactly(chat, '1 2 3 4 5').waitFor();
  await chat.message.fill('');
  await chat.answered();
  const said = await chat.conversation.locator('.user-bubble').allInnerTexts();
  expect(said).toEqual(['count to 60, held after 20', 'count to 4', 'count to 5']);
  await queued(chat).waitFor({ state: 'detached' });
  expect(chat.complaints).toEqual([]);
});

test('Ctrl+Enter and its button stop the answer and send the new message instead', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 900 every 50 ms');
  await chat.conversation.getByText(/^1 2 3/u).waitFor();
  await chat.message.fill('count to 901 every 50 ms');
  await chat.message.press('Control+Enter');
  await chat.conversation.getByText('This answer was stopped before its end.').waitFor();
  await chat.conversation
    .getByText(/^1 2 3/u)
    .nth(1)
    .waitFor();
  await chat.message.fill('count to 2');
  await chat.button('Stop and send').click();
  // Shorter than the stopped answer.
  await exactly(chat, '1 2').waitFor();
  await chat.answered();
  await eventually(() => chat.conversation.getByText('This answer was stopped before its end.').count(), 2);
  expect(await chat.page.getByRole('alert').count()).toBe(0);
  expect(chat.complaints).toEqual([]);
});
