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

/** Stores a conversation with these answers of the agent. */
async function tell(sessionId: string, answers: readonly object[][]): Promise<void> {
  const events = answers.flatMap((parts, index) => [
    message(`${index}-u`, index, 'user', [{ text: `question ${index}` }]),
    message(`${index}-a`, index, 'lornu', parts),
  ]);
  const response = await fetch(`${fixture.service.url}/apps/lornu/users/user/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId, events }),
  });
  expect(response.status).toBe(200);
}

function message(id: string, turn: number, author: string, parts: readonly object[]): object {
  const role = author === 'user' ? 'user' : 'model';
  return { id, invocationId: `turn-${turn}`, author, timestamp: 1_700_000_000, content: { role, parts } };
}

test('fences whose language is a property of every object are code, also after a reload', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'valueOf'];
  await tell(
    'fences',
    names.map((name) => [{ text: `before ${name}\n\`\`\`${name}\nx = 1\n\`\`\`\nafter` }]),
  );
  chat = await fixture.openPage({ hash: '#/lornu/fences' });
  for (const name of names) await chat.conversation.locator('figcaption', { hasText: name }).waitFor();
  await chat.page.reload();
  for (const name of names) await chat.conversation.locator('figcaption', { hasText: name }).waitFor();
  expect(await chat.page.getByRole('alert').count()).toBe(0);
  expect(chat.complaints).toEqual([]);
});

test('a turn that cannot be drawn is plain text, and the conversation continues', async () => {
  const call = { functionCall: { id: 'c', name: 'odd_tool', args: {} } };
  await tell('odd', [[{ text: 'first' }, call], [{ text: 'second' }]]);
  chat = await fixture.openPage({ hash: '#/lornu/odd' });
  await chat.page.route('**/sessions/odd', async (route) => {
    const text = await (await route.fetch()).text();
    // The service sends no such event; a bug of the page would look the same.
    await route.fulfill({ body: text.replace('"odd_tool"', '7') });
  });
  await chat.page.reload();
  const alert = chat.page.getByRole('alert');
  await alert.getByText('This answer cannot be shown as it should be.').waitFor();
  await chat.conversation.getByText('second').waitFor();
  await chat.conversation.getByText('first', { exact: true }).waitFor();
  await chat.ask('count to 2');
  await chat.conversation.getByText('1 2', { exact: true }).waitFor();
});

test('a page that fails says so, and loads again', async () => {
  chat = await fixture.openPage();
  await chat.page.route('**/api/v1/apps', (route) =>
    route.fulfill({ json: { apps: [{ name: 'lornu', description: { not: 'a text' } }] } }),
  );
  await chat.page.reload();
  await chat.page.getByRole('alert').getByText('The page has failed.').waitFor();
  await chat.page.unroute('**/api/v1/apps');
  await chat.button('Load again').click();
  await chat.message.waitFor();
});

test('code, its output, a sound, a document and an external file are shown, and a damaged one says so', async () => {
  const pdf = Buffer.from('%PDF-1.7').toString('base64');
  await tell('parts', [
    [
      { executableCode: { code: 'print(6 * 7)', language: 'PYTHON' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '42' } },
      { inlineData: { mimeType: 'audio/wav', data: Buffer.from(wav()).toString('base64') } },
      { inlineData: { mimeType: 'application/pdf', data: pdf, displayName: 'report.pdf' } },
      { fileData: { fileUri: 'https://example.com/a/plan.pdf', mimeType: 'application/pdf' } },
      { fileData: { fileUri: 'gs://bucket/notes.txt', mimeType: 'text/plain' } },
    ],
  ]);
  chat = await fixture.openPage({ hash: '#/lornu/parts' });
  const { conversation } = chat;
  await conversation.getByRole('region', { name: 'Code that the model ran' }).getByText('print').waitFor();
  await conversation.getByRole('region', { name: 'Output of the code' }).getByText('42').waitFor();
  const sound = conversation.locator('audio');
  await sound.waitFor();
  expect(await sound.evaluate((element) => (element as unknown as { error: unknown }).error)).toBeNull();
  await conversation.getByRole('button', { name: 'Download report.pdf' }).waitFor();
  expect(await conversation.getByRole('link', { name: 'plan.pdf' }).getAttribute('href')).toBe(
    'https://example.com/a/plan.pdf',
  );
  await conversation.getByText('gs://bucket/notes.txt').waitFor();
  expect(await conversation.getByRole('link').count()).toBe(1);
  expect(chat.complaints).toEqual([]);
});

/** Waits for a condition on the page. */
const become = (condition: string) => eventually(() => chat.page.evaluate<boolean>(condition), true);

/** A tenth of a second of silence. */
function wav(): Uint8Array {
  const samples = 800;
  const bytes = Buffer.alloc(44 + samples, 128);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8_000, 24);
  bytes.writeUInt32LE(8_000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples, 40);
  return bytes;
}

test('a footnote opens in place, and the page stays in its conversation', async () => {
  await tell('notes', [[{ text: `said[^1]\n\n${'line\n\n'.repeat(60)}[^1]: the source` }]]);
  chat = await fixture.openPage({ hash: '#/lornu/notes' });
  await chat.conversation.getByText('the source').waitFor();
  await chat.conversation.evaluate((element) => element.scrollTo({ top: 0 }));
  await chat.conversation.getByRole('link', { name: '1', exact: true }).click();
  await become("document.activeElement.textContent.includes('the source')");
  expect(new URL(chat.page.url()).hash).toBe('#/lornu/notes');
  expect(chat.context.pages()).toHaveLength(1);
});

test('Hebrew runs from right to left, typed, sent and answered', async () => {
  await tell('rtl', [[{ text: 'שלום לכולם\n\n- ראשון\n\nand English' }]]);
  chat = await fixture.openPage({ hash: '#/lornu/rtl' });
  const directionOf = (text: string): Promise<string> =>
    chat.conversation
      .getByText(text)
      .last()
      .evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).direction ?? '');
  expect(await directionOf('שלום לכולם')).toBe('rtl');
  expect(await directionOf('ראשון')).toBe('rtl');
  expect(await directionOf('and English')).toBe('ltr');
  await chat.message.fill('מה שלומך');
  expect(await chat.message.evaluate((element) => element.matches(':dir(rtl)'))).toBe(true);
  await chat.message.press('Enter');
  const said = chat.conversation.locator('.user-bubble', { hasText: 'מה שלומך' });
  await said.waitFor();
  expect(await said.evaluate((element) => element.matches(':dir(rtl)'))).toBe(true);
});

test('the Enter that ends a composition does not send, in the order of Safari events', async () => {
  chat = await fixture.openPage();
  await chat.message.fill('かな');
  await chat.page.evaluate(
    `document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))`,
  );
  expect(await chat.page.getByRole('article').count()).toBe(0);
  await chat.message.press('Enter');
  await chat.page.getByRole('article').waitFor();
});

test.each([
  [
    'the wheel',
    async () => {
      for (let step = 0; step < 20; step++) {
        await chat.page.mouse.wheel(0, -30);
        await Bun.sleep(20);
      }
    },
  ],
  [
    'a key',
    async () => {
      await chat.conversation.focus();
      for (let step = 0; step < 10; step++) {
        await chat.page.keyboard.press('ArrowUp');
        await Bun.sleep(20);
      }
    },
  ],
])('who scrolls up with %s stays up while the answer streams', async (_what, scrollUp) => {
  chat = await fixture.openPage({ height: 500 });
  await chat.say('long answer of 1200 words every 60 ms, held after 40');
  await chat.conversation.getByText(/A deployment begins/u).waitFor();
  const { conversation } = chat;
  const heights = () =>
    conversation.evaluate(({ scrollTop, scrollHeight, clientHeight }) => ({
      top: scrollTop,
      below: scrollHeight - clientHeight - scrollTop,
    }));
  await become("document.querySelector('.messages').scrollTop > 500");
  await conversation.hover();
  await scrollUp();
  await chat.button('To the latest').waitFor();
  let { top, below } = await heights();
  // Keyboard scrolling is animated: wait until it rests.
  for (let before = -1; before !== top;) {
    before = top;
    await Bun.sleep(200);
    ({ top, below } = await heights());
  }
  expect(below).toBeGreaterThan(200);
  await fixture.release();
  await become(
    `(({scrollTop, scrollHeight, clientHeight}) => scrollHeight - clientHeight - scrollTop > ${below} + 60)(document.querySelector('.messages'))`,
  );
  expect(Math.abs((await heights()).top - top)).toBeLessThan(5);
  await chat.button('To the latest').click();
  await become(
    "(({scrollTop, scrollHeight, clientHeight}) => scrollHeight - scrollTop - clientHeight < 5)(document.querySelector('.messages'))",
  );
});

/** Runs in the page: a wheel step, and before React has rendered it, the end moves, as text that streams moves it. */
const STEP_AND_GROW = `(() => {
  const region = document.querySelector('.messages');
  region.dispatchEvent(new WheelEvent('wheel', { deltaY: -300, bubbles: true }));
  region.scrollTop -= 300;
  region.firstElementChild.style.paddingBottom = '900px';
  return region.scrollTop;
})()`;

test('a single wheel step counts, even if the end moves at the same moment', async () => {
  await tell('step', [[{ text: 'line\n\n'.repeat(60) }]]);
  chat = await fixture.openPage({ hash: '#/lornu/step' });
  await chat.conversation.getByText('line').last().waitFor();
  const top = await chat.page.evaluate<number>(STEP_AND_GROW);
  expect(top).toBeGreaterThan(300);
  await chat.button('To the latest').waitFor();
  await chat.page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
  expect(await chat.page.evaluate<number>("document.querySelector('.messages').scrollTop")).toBe(top);
});

test('a conversation opens at its end, wherever the one before was read; a higher message box keeps the end in view', async () => {
  const long = 'line\n\n'.repeat(60);
  await tell('first', [[{ text: long }]]);
  await tell('second', [[{ text: long }]]);
  chat = await fixture.openPage({ hash: '#/lornu/first' });
  const open = (name: string) => chat.page.evaluate(`location.hash = '#/lornu/${name}'`);
  const becomeAtEnd = () =>
    become(
      "(({scrollTop, scrollHeight, clientHeight}) => scrollTop > 0 && scrollHeight - scrollTop - clientHeight < 2)(document.querySelector('.messages') ?? {})",
    );
  await becomeAtEnd();
  await open('second');
  await becomeAtEnd();
  await chat.conversation.hover();
  await chat.page.mouse.wheel(0, -600);
  await chat.button('To the latest').waitFor();
  await open('first');
  await becomeAtEnd();
  await chat.button('To the latest').waitFor({ state: 'detached' });
  await chat.message.fill('a\n'.repeat(6));
  await becomeAtEnd();
});

test('a message keeps the indentation of its first line', async () => {
  chat = await fixture.openPage();
  await chat.say('    return 1\n  end');
  const bubble = chat.conversation.locator('.user-bubble');
  await bubble.waitFor();
  expect(await bubble.evaluate((element) => element.textContent)).toBe('    return 1\n  end');
});
