import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { layCable } from './cable.ts';
import { startFixture, type BrowserFixture } from './fixture.ts';

/** Another process continues the answer when the lease of the one that died has expired. */
const TAKEOVER_WITHIN_MS = 30_000;
setDefaultTimeout(2 * TAKEOVER_WITHIN_MS);

let fixture: BrowserFixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture?.stop());

test('a process is killed in the middle of an answer: another one finishes it, and the page shows one coherent answer', async () => {
  const twin = await fixture.startTwin();
  const cable = layCable(fixture.service.url);
  try {
    const chat = await fixture.openPage({ url: cable.url });
    await chat.say('count to 60 every 50 ms');
    await chat.conversation.getByText(/^1 2 3 4 5/u).waitFor();
    process.kill(fixture.service.pid, 'SIGKILL');
    cable.pull();
    await chat.conversation.getByText(/^The connection is lost/u).waitFor();
    cable.plugIn(twin.url);
    const whole = Array.from({ length: 60 }, (_, index) => index + 1).join(' ');
    await chat.conversation.getByText(whole, { exact: true }).waitFor({ timeout: TAKEOVER_WITHIN_MS });
    await chat.answered();
    expect(await chat.page.getByRole('alert').count()).toBe(0);
    expect(await chat.conversation.getByText('This answer was stopped').count()).toBe(0);
    await chat.page.reload();
    await chat.conversation.getByText(whole, { exact: true }).waitFor();
  } finally {
    cable.stop();
  }
});
