import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { layCable } from './cable.ts';
import type { ChatPage } from './chat-page.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';
import { PATIENCE_MS } from './patience.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let fixture: BrowserFixture;
let chat: ChatPage;
/** Guidepup's virtual screen reader, which follows live regions as W3C's ARIA defines them. */
let screenReader: string;
beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, 'screen-reader.ts')],
    target: 'browser',
    format: 'iife',
  });
  screenReader = (await built.outputs[0]?.text()) ?? '';
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());
afterEach(() => chat?.close());

/** Starts the screen reader; `heard` returns what live regions have announced so far. */
async function listen(): Promise<void> {
  // Playwright evaluates outside the page's policy, as a browser extension would.
  await chat.page.evaluate(screenReader);
  await chat.page.evaluate('virtual.start({ container: document.body })');
}
async function heard(): Promise<string[]> {
  const log = await chat.page.evaluate<string[]>('virtual.spokenPhraseLog()');
  return log.filter((phrase) => /^(?:polite|assertive): ./u.test(phrase));
}
/** All announcements, once `last` was announced. */
async function heardUntil(last: string): Promise<string[]> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const log = await heard();
    if (log.includes(last) || Date.now() > giveUpAt) return log;
    await Bun.sleep(50);
  }
}

test('an answer is announced in whole sentences, each once, while it streams', async () => {
  chat = await fixture.openPage();
  await listen();
  await chat.say(
    'answer word for word: One is *here*. Two is [there](https://example.com). The end, in 9 chunks',
  );
  const log = await heardUntil('polite: The answer is complete.');
  expect(log).toEqual([
    'polite: The agent is working.',
    'polite: One is here.',
    'polite: Two is there.',
    'polite: The end, in 9 chunks',
    'polite: The answer is complete.',
  ]);
});

test('a question, a stop, a failure and a lost connection are announced at once', async () => {
  const cable = layCable(fixture.service.url);
  chat = await fixture.openPage({ url: cable.url });
  await listen();
  await chat.say('forget my notes');
  await heardUntil('assertive: The agent asks you to approve something.');
  await chat.button('Decline').click();
  await heardUntil('polite: The answer is complete.');
  await chat.say('count to 200, held after 20');
  await chat.conversation.getByText(/1 2 3/u).waitFor();
  cable.pull();
  await heardUntil('assertive: The connection is lost.');
  cable.plugIn();
  await chat.page
    .getByText(/^The connection is lost/u)
    .first()
    .waitFor({ state: 'hidden' });
  await chat.button('Stop').click();
  await heardUntil('assertive: The answer was stopped before its end.');
  // A failure that the service does not try again.
  await chat.say('simulate 400');
  const log = await heardUntil('assertive: The answer failed. The model could not read this conversation.');
  // Each of them once, and the text of an answer never token by token.
  expect(log.filter((phrase) => phrase.startsWith('assertive'))).toHaveLength(4);
  expect(log.filter((phrase) => /^polite: (?:1|1 2|1 2 3)$/u.test(phrase))).toEqual([]);
  cable.stop();
});

test('opening a conversation does not announce its text', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  await chat.ask('simulate 400');
  await chat.button('New conversation').click();
  await listen();
  await chat.page.getByRole('link', { name: 'count to 3' }).click();
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  expect(await heard()).toEqual([]);
});
