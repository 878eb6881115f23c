import type { Session } from '@lornu/frontend/src/api/types.ts';
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { layCable } from './cable.ts';
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

const upTo = (n: number): string => Array.from({ length: n }, (_, index) => index + 1).join(' ');
/** The complete answer, without gaps or repetitions. */
const wholeAnswer = (page: ChatPage, n: number) =>
  page.conversation.getByText(upTo(n), { exact: true }).waitFor();
const begun = (page: ChatPage) => page.conversation.getByText(/^1 2 3/u).waitFor();

interface WireRun {
  state: string;
}

/** The runs of the open conversation, from the service. */
async function runsOf(page: ChatPage): Promise<string[]> {
  const sessionId = new URL(page.page.url()).hash.split('/').at(-1) ?? '';
  const answer = await fetch(
    `${fixture.service.url}/api/v1/apps/lornu/users/user/sessions/${sessionId}/runs`,
  );
  return ((await answer.json()) as WireRun[]).map(({ state }) => state);
}

/** Waits until the conversation's runs, newest first, have these states. */
const runsBecome = (page: ChatPage, states: string[]) => eventually(() => runsOf(page), states);

test('a reload in the middle of an answer continues it, word for word', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 60, held after 20');
  await begun(chat);
  await chat.page.reload();
  await begun(chat);
  await chat.button('Stop').waitFor();
  await fixture.release();
  await wholeAnswer(chat, 60);
  await chat.answered();
  expect(await chat.conversation.getByRole('article').count()).toBe(1);
  await runsBecome(chat, ['completed']);
});

test('a second tab follows a running answer', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 70, held after 20');
  await begun(chat);
  const tab = await chat.openTab();
  await begun(tab);
  await tab.button('Stop').waitFor();
  await fixture.release();
  await Promise.all([wholeAnswer(chat, 70), wholeAnswer(tab, 70)]);
});

test('when the network fails and returns, the answer has no gap', async () => {
  const cable = layCable(fixture.service.url);
  try {
    chat = await fixture.openPage({ url: cable.url });
    await chat.say('count to 120, held after 20 and 80');
    await chat.conversation.getByText(/19 20$/u).waitFor();
    cable.pull();
    await chat.conversation.getByText(/^The connection is lost/u).waitFor();
    await fixture.release();
    cable.plugIn();
    // Check while it streams: at the end, the complete event would hide a repeated word.
    await wholeAnswer(chat, 80);
    await fixture.release();
    await wholeAnswer(chat, 120);
    await chat.answered();
    expect(await chat.page.getByRole('alert').count()).toBe(0);
  } finally {
    cable.stop();
  }
});

test('stop ends the run on the service, not only the request', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 900 every 50 ms');
  await begun(chat);
  await chat.button('Stop').click();
  await chat.answered();
  await runsBecome(chat, ['cancelled']);
  const stopped = chat.conversation.getByText('This answer was stopped before its end.');
  await stopped.waitFor();
  await chat.page.reload();
  await stopped.waitFor();
  expect(await chat.conversation.innerText()).toMatch(/1 2 3/u);
});

test('a stopped answer can be retried', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 25, held after 10');
  await begun(chat);
  await chat.button('Stop').click();
  await chat.answered();
  await chat.button('Try again').click();
  await fixture.release();
  await wholeAnswer(chat, 25);
  expect(await chat.conversation.getByText('This answer was stopped before its end.').count()).toBe(0);
});

test('a message that gets no response at all can be sent again, and is there once', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 2');
  await chat.page.clock.install();
  // As on a connection that is half open.
  await chat.page.route('**/run_sse', () => undefined);
  await chat.say('count to 3');
  await chat.page.getByText(/^Working on it/).waitFor();
  await chat.page.clock.fastForward(60_000);
  await chat.page.getByRole('alert').getByText('The service cannot be reached.').waitFor();
  await chat.page.unroute('**/run_sse');
  await chat.button('Try again').last().click();
  await chat.conversation.getByText('1 2 3', { exact: true }).waitFor();
  expect(await chat.conversation.getByText('count to 3', { exact: true }).count()).toBe(1);
});

test('an answer that was retried on another device is not taken back by a second retry', async () => {
  chat = await fixture.openPage();
  await chat.say('simulate 400 once');
  await chat.answered();
  const phone = await fixture.openPage({ hash: new URL(chat.page.url()).hash });
  await phone.button('Try again').waitFor();
  // It does not know yet what happens on the other device.
  await phone.page.route('**/runs', (route) => route.abort());
  await chat.button('Try again').click();
  const answer = 'no model thought about this';
  await chat.conversation.getByText(answer).waitFor();
  await chat.answered();
  await phone.button('Try again').click();
  await phone.page.unroute('**/runs');
  await phone.conversation.getByText(answer).waitFor();
  const path = `/apps/lornu/users/user/sessions/${new URL(chat.page.url()).hash.split('/').at(-1)}`;
  const { events = [] } = (await (await fetch(`${fixture.service.url}${path}`)).json()) as Session;
  expect(events.filter(({ actions }) => actions?.rewindBeforeInvocationId)).toHaveLength(1);
  await phone.close();
});

test('a message to a conversation that is busy elsewhere is kept, and can stop the other', async () => {
  chat = await fixture.openPage();
  await chat.ask('hello');
  const sessionId = new URL(chat.page.url()).hash.split('/').at(-1) ?? '';
  const elsewhere = await fetch(`${fixture.service.url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      appName: 'lornu',
      userId: 'user',
      sessionId,
      streaming: true,
      newMessage: { role: 'user', parts: [{ text: 'count to 900 every 50 ms' }] },
    }),
  });
  await chat.say('count to 4');
  await chat.page
    .getByRole('alert')
    .getByText(/under way/u)
    .first()
    .waitFor();
  await chat.untilDraftIs('count to 4');
  await chat.button('Stop it and send this').click();
  // The stopped answer contains "1 2 3 4" too, so the page alone cannot show when ours is complete.
  await runsBecome(chat, ['completed', 'cancelled', 'completed']);
  await chat.conversation.getByText('1 2 3 4', { exact: true }).last().waitFor();
  await chat.answered();
  await elsewhere.body?.cancel();
});

test('an answer that is running elsewhere can be shown instead', async () => {
  chat = await fixture.openPage();
  await chat.ask('hello');
  const sessionId = new URL(chat.page.url()).hash.split('/').at(-1) ?? '';
  const newMessage = { role: 'user', parts: [{ text: 'count to 50, held after 10' }] };
  const elsewhere = await fetch(`${fixture.service.url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appName: 'lornu', userId: 'user', sessionId, streaming: true, newMessage }),
  });
  await chat.say('never mind');
  await chat.button('Show that answer').click();
  await begun(chat);
  await fixture.release();
  await wholeAnswer(chat, 50);
  await elsewhere.body?.cancel();
});
