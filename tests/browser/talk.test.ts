import { MODEL } from '@lornu/agents/model.ts';
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

test('a message is answered in Markdown, without errors in the browser', async () => {
  chat = await fixture.openPage();
  await chat.ask('show me markdown');
  await chat.conversation.getByRole('heading', { name: 'Rolling out to staging' }).waitFor();
  await chat.conversation.getByRole('table').waitFor();
  await chat.button('Copy code').waitFor();
  // Colours come in a separate file, under the same policy.
  await chat.conversation.locator('code .hljs-keyword').first().waitFor();
  expect(chat.complaints).toEqual([]);
});

test('text is shown as it streams, not at the end', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 70, held after 20');
  await chat.conversation.getByText(/19 20$/u).waitFor();
  await chat.button('Stop').waitFor();
  expect(await chat.conversation.innerText()).not.toContain('69 70');
  await fixture.release();
  await chat.conversation.getByText(/69 70$/u).waitFor();
  await chat.answered();
});

test('the source of answers is always visible: environment, region, and that the model is a stand-in', async () => {
  chat = await fixture.openPage({ width: 390, height: 844 });
  await chat.ask('hello');
  const badge = chat.page.getByRole('list', { name: 'Environment, region and model' });
  await eventually(() => badge.innerText(), `local\neu-central-1\nstand-in for ${MODEL}`);
  expect(await badge.isVisible()).toBe(true);
});

test('a tool call is one line that opens to its arguments and its result', async () => {
  chat = await fixture.openPage();
  await chat.ask('note: the demo is on Friday');
  const line = chat.conversation.getByRole('group').filter({ hasText: 'Save note' });
  expect(await line.getByText('done', { exact: true }).isVisible()).toBe(true);
  expect(await line.getByText('Arguments').isVisible()).toBe(false);
  await line.getByText('Save note').click();
  const field = (name: string, value: string) =>
    line.locator('.value div').filter({ hasText: name }).getByText(value, { exact: true });
  await field('Text', 'the demo is on Friday').waitFor();
  await field('Count', '1').waitFor();
  await line.getByRole('button', { name: 'Result as JSON' }).click();
  await line.getByText('"count": 1').waitFor();
});

test('a tool that needs confirmation waits for it in place, and continues with the answer', async () => {
  chat = await fixture.openPage();
  await chat.ask('forget my notes');
  const question = chat.page.getByRole('region', { name: 'Confirm: Delete notes' });
  await question.waitFor();
  await question.getByRole('button', { name: 'Approve' }).click();
  await chat.conversation.getByText('done', { exact: true }).waitFor();
  await chat.answered();
  expect(await question.isVisible()).toBe(false);
});

test('a declined tool does nothing, and says that it was declined', async () => {
  chat = await fixture.openPage();
  await chat.ask('note: keep me');
  await chat.ask('forget my notes');
  await chat.button('Decline').click();
  await chat.conversation.getByText('declined', { exact: true }).waitFor();
  await chat.answered();
  await chat.ask('what are my notes?');
  await chat.conversation.getByText('List notes').click();
  await chat.conversation.getByText('keep me').last().waitFor();
});

test('stop ends the answer and keeps its text; the next message is answered', async () => {
  chat = await fixture.openPage();
  await chat.say('count to 200 every 50 ms');
  await chat.conversation.getByText(/1 2 3/).waitFor();
  await chat.button('Stop').click();
  await chat.answered();
  await chat.conversation.getByText('This answer was stopped before its end.').waitFor();
  expect(await chat.page.evaluate('document.activeElement.id')).toBe('message');
  expect(await chat.conversation.innerText()).toMatch(/1 2 3/);
  await chat.ask('hello');
  expect(chat.complaints).toEqual([]);
});

test('the last message can be edited: the earlier answer is taken back, for the model too', async () => {
  chat = await fixture.openPage();
  await chat.ask('count to 3');
  await chat.button('Edit message').click();
  const field = chat.page.getByRole('textbox', { name: 'Edit message' });
  await field.fill('count to 5');
  await chat.button('Send again').click();
  await chat.conversation.getByText('1 2 3 4 5', { exact: true }).waitFor();
  await chat.answered();
  expect(await chat.conversation.getByText('1 2 3', { exact: true }).count()).toBe(0);
  await chat.page.reload();
  await chat.conversation.getByText('1 2 3 4 5', { exact: true }).waitFor();
  expect(await chat.conversation.getByText('1 2 3', { exact: true }).count()).toBe(0);
});

test('a failed answer says why and what to do, and a retry works', async () => {
  chat = await fixture.openPage();
  await chat.say('simulate 400 once');
  const notice = chat.conversation.getByRole('group', { name: 'Failed answer' });
  await notice.getByText('The model could not read this conversation.').waitFor();
  await chat.answered();
  await chat.button('Try again').click();
  await chat.conversation
    .getByText(/stand-in/iu)
    .first()
    .waitFor();
  expect(await notice.count()).toBe(0);
});

test('a slow answer says that it is being worked on', async () => {
  chat = await fixture.openPage();
  await chat.page.clock.install();
  await chat.say('simulate stall after 0');
  await chat.page.getByText(/^Working on it$/).waitFor();
  await chat.page.clock.fastForward(5_000);
  await chat.page.getByText(/^Working on it, \d+ s$/).waitFor();
  await chat.button('Stop').click();
  await chat.answered();
});

test('scripts, HTML and javascript: links in an answer do nothing', async () => {
  chat = await fixture.openPage();
  await chat.ask(
    'Say [press me](javascript:document.title="pwned") <img src=x onerror="document.title=\'pwned\'"> <script>document.title="pwned"</script>',
  );
  await chat.conversation.getByText('press me').last().waitFor();
  const links = await chat.conversation
    .getByRole('link')
    .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(links.filter((href) => !/^https?:/u.test(href ?? ''))).toEqual([]);
  expect(await chat.conversation.locator('script, img[onerror]').count()).toBe(0);
  await chat.conversation.getByText('press me').last().click();
  expect(await chat.page.title()).not.toBe('pwned');
});
