import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { layCable, type Cable } from '../browser/cable.ts';
import type { ChatPage } from '../browser/chat-page.ts';
import { startFixture, type BrowserFixture } from '../browser/fixture.ts';

setDefaultTimeout(240_000);

const MINUTE = 60_000;
/** The answer is numbers, ten a second: it still streams when the page is back. */
const NUMBERS = 1_000;
const SOON = { timeout: 120_000 };

let fixture: BrowserFixture;
let cable: Cable;
let chat: ChatPage;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(async () => {
  await chat?.close();
  cable?.stop();
});

const upTo = (n: number): string => Array.from({ length: n }, (_, index) => index + 1).join(' ');
const words = () => chat.conversation.getByText(/^1 2 3/u);

async function beginAnswer(): Promise<void> {
  cable = layCable(fixture.service.url);
  chat = await fixture.openPage({ url: cable.url });
  await chat.say(`count to ${NUMBERS} every 100 ms`);
  await words().waitFor();
}

/** After the return: the missed part is there while the rest still streams, and the whole answer is shown once. */
async function expectNoGap(before: string): Promise<void> {
  const missed = before.split(' ').length + 500;
  await words()
    .and(chat.conversation.getByText(new RegExp(` ${missed} `, 'u')))
    .waitFor(SOON);
  expect(upTo(NUMBERS)).toStartWith((await words().innerText()).trim());
  expect(await chat.button('Stop').isVisible()).toBe(true);
  await chat.conversation.getByText(upTo(NUMBERS), { exact: true }).waitFor(SOON);
  await chat.button('Send').waitFor(SOON);
  expect(await chat.page.getByRole('alert').count()).toBe(0);
  expect(await chat.conversation.getByRole('article').count()).toBe(1);
}

test('a minute without network', async () => {
  await beginAnswer();
  const before = (await words().innerText()).trim();
  cable.pull();
  await chat.conversation.getByText(/^The connection is lost/u).waitFor();
  await Bun.sleep(MINUTE);
  cable.plugIn();
  await expectNoGap(before);
});

test('a laptop sleeps for a minute: its connection is dead without an error', async () => {
  await beginAnswer();
  const before = (await words().innerText()).trim();
  const devTools = await chat.context.newCDPSession(chat.page);
  cable.mute();
  await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await Bun.sleep(MINUTE);
  await devTools.send('Page.setWebLifecycleState', { state: 'active' });
  cable.plugIn();
  await expectNoGap(before);
});
